"""The Content-Security-Policy of every page.

Nothing inline and no other origin. Plotly keeps to it because its style rules are linked as a file of our own
(`static/vendor/plotly-*.css`, id `plotly.js-style-global`, class `no-inline-styles`), because the charts use no
pseudo-HTML (`<b>` would become a style attribute) and because its tool bar, which offers an upload, is off.
tests/browser holds that a page is drawn without a single violation.
"""

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
