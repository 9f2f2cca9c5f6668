"""The Content-Security-Policy of every page, and of the two that are about a mail.

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
# The page that shows a mail in a frame.
WITH_FRAME = f"{CSP}; frame-src 'self'"
# The mail in it: inline styles and pictures within it, as mails have them; no script, no form, no session of ours.
# Its links open pages as any link does (else these would be as fettered as the frame).
FRAMED_MAIL = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "sandbox allow-popups allow-popups-to-escape-sandbox",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
