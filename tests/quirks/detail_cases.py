"""QUIRKS B3: counts and failure details."""

from markupsafe import escape

from tests.quirks import (
    BAD,
    DETAIL,
    DROP,
    GOOD,
    INFO,
    MX,
    SUMMARY,
    Case,
    Refused,
    base,
    change,
    detail,
    details,
    renamed,
    summary,
)
from tests.support import reports

# Q57: what fills this field. It is text, of any length.
REASONS = (
    'Get "https://mta-sts.example.com/.well-known/mta-sts.txt": tls: failed to verify certificate',
    "bad https response code: 404",
    "MX_HOSTS_MISMATCH",
    "X509_V_ERR_CERT_HAS_EXPIRED",
    "self-signed_certificate",
    "=HYPERLINK(&quot;<b>&quot;)",
    "long " * 2000 + "enough",
)

NUL_COUNT = renamed(SUMMARY, GOOD, GOOD + "\0")
NUL_COUNT["policies"][0]["summary"][GOOD + "\0"] = ""

CASES: list[Case] = [
    Case("Q45 a count absent", summary(BAD, DROP), ["Q45"], {"result.bad": 0}, (10, 0)),
    Case("Q45 a count null", summary(BAD, None), ["Q45"], {"result.bad": 0}, (10, 0)),
    Case("Q46 a count as text", summary(GOOD, "12"), ["Q46"], {"result.good": 12}, (12, 3)),
    Case("Q46 in a detail", detail("failed-session-count", " 2 "), ["Q46"], {"detail.failed_session_count": 2}),
    Case("Q47 5.0", summary(GOOD, 5.0), ["Q47"], {"result.good": 5}, (5, 3)),
    Case("Q47 2.0 in a detail", detail("failed-session-count", 2.0), ["Q47"], {"detail.failed_session_count": 2}),
    Case("Q47 the largest that can be added up", summary(GOOD, 2**63 - 5), [], figures=(2**63 - 5, 3), databases=True),
    Refused(
        "Q47 each in 64 bits, and not together",
        summary(GOOD, 2**63 - 1),
        "limit",
        "added up in 64 bits",
        databases=True,
    ),
    Case("Q48 no details", details(DROP), [], {"result.failure_details": (), "result.bad": 3}),
    Case("Q48 details []", details([]), [], {"result.failure_details": ()}),
    Case("Q49 details null", details(None), ["Q49"], {"result.failure_details": ()}),
    Case("R21 details an object", details(reports.detail()), ["R21"], {"detail.result_type": "certificate-expired"}),
    Case(
        "Q50 failures and no details",
        details(DROP),
        [],
        page=("No failure-details: the reporter does not explain these failures.",),
    ),
    Case("Q51 sums differ", summary(BAD, 1), [], {"result.bad": 1}, (10, 1)),
    Case("Q52 no sending-mta-ip", detail("sending-mta-ip", DROP), ["Q52"], {"detail.sending_mta_ip": None}),
    Case("Q52 no MX", detail("receiving-mx-hostname", DROP), ["Q52"], {"detail.receiving_mx_hostname": None}),
    Case(
        "R23 a fetch failure has none",
        change(DETAIL, {"result-type": "sts-policy-fetch-error", "failed-session-count": 2}),
        [],
        {"detail.receiving_ip": None},
    ),
    Case('Q53 ""', detail("receiving-mx-helo", ""), ["Q53"], {"detail.receiving_mx_helo": None}),
    Case("Q53 null", detail("failure-reason-code", None), ["Q53"], {"detail.failure_reason_code": None}),
    Case('Q53 "" for an address', detail("receiving-ip", ""), ["Q53"], {"detail.receiving_ip": None}),
    Case(
        "Q54 no address",
        detail("receiving-ip", "x.x.x.x"),
        ["Q54"],
        {"detail.receiving_ip": "x.x.x.x"},
        page=("x.x.x.x",),
    ),
    Case("Q54 leading zeros", detail("receiving-ip", "192.0.2.01"), ["Q54"], {"detail.receiving_ip": "192.0.2.01"}),
    Case("Q54 a scope", detail("receiving-ip", "fe80::1%eth0"), ["Q54"], {"detail.receiving_ip": "fe80::1%eth0"}),
    Case(
        "R21 an address not in RFC 5952 form",
        detail("receiving-ip", "2001:DB8:abcd:0012::1"),
        [],
        {"detail.receiving_ip": "2001:db8:abcd:12::1"},
    ),
    Case(
        "R21 an IPv4 address in IPv6",
        detail("receiving-ip", "::FFFF:c000:0201"),
        [],
        {"detail.receiving_ip": "::ffff:192.0.2.1"},
    ),
    Case(
        "R21 an MX in upper case",
        detail("receiving-mx-hostname", "MX1.Example.com."),
        [],
        {"detail.receiving_mx_hostname": "mx1.example.com"},
    ),
    Case(
        "R21 an MX that is no name",
        detail("receiving-mx-hostname", "[192.0.2.1]"),
        [],
        {"detail.receiving_mx_hostname": "[192.0.2.1]"},
    ),
    Case("Q55 unknown result type", detail("result-type", "Testing"), ["Q55"], {"detail.result_type": "Testing"}),
    Case(
        "Q55 upper case",
        detail("result-type", "Certificate-Expired"),
        ["Q55"],
        {"detail.result_type": "certificate-expired"},
    ),
    Case("R21 result type absent", detail("result-type", DROP), ["R21"], {"detail.result_type": "unspecified"}),
    Case(
        "Q56 failure-error-code",
        renamed(DETAIL, "none", "failure-error-code"),
        ["Q56"],
        {"detail.failure_reason_code": INFO},
    ),
    Case(
        "Q56 receiving-mx-host-name",
        renamed(DETAIL, "receiving-mx-hostname", "receiving-mx-host-name"),
        ["Q56"],
        {"detail.receiving_mx_hostname": "mx1.example.com"},
    ),
    Case(
        "Q56 additional-info-uri",
        renamed(DETAIL, "none", "additional-info-uri"),
        ["Q56"],
        {"detail.additional_information": INFO},
    ),
    *(
        Case(
            f"Q57 {reason[:20]}",
            detail("failure-reason-code", reason),
            [],
            {"detail.failure_reason_code": reason},
            page=(str(escape(reason[:2000])), *(("8,006 characters more",) if len(reason) > 2000 else ())),
            databases=len(reason) > 1000,
        )
        for reason in REASONS
    ),
    Case(
        "Q58 a whole EHLO answer",
        detail("receiving-mx-helo", "250-mx1\r\n250 <b>\x01"),
        [],
        {"detail.receiving_mx_helo": "250-mx1\r\n250 <b>\x01"},
        page=("250-mx1\n250 &lt;b&gt;\\u0001",),
        databases=True,
    ),
    Case(
        "Q58 NUL",
        detail("receiving-mx-helo", "mx1\0.example"),
        ["Q58"],
        {"detail.receiving_mx_helo": "mx1.example"},
        databases=True,
    ),
    Case("Q58 NUL in a name", renamed(SUMMARY, GOOD, GOOD + "\0"), ["Q58"], {"result.good": 10}, databases=True),
    Refused(
        "Q58 NUL in a name, over a count that is none",
        summary(GOOD + "\0", ""),
        "json",
        "occurs twice in one object, but",
    ),
    Refused("Q58 NUL in the name of a count that is none", NUL_COUNT, "schema", "does not match"),
    Case("Q58 not a NUL", detail("receiving-mx-helo", "\\u0000"), [], {"detail.receiving_mx_helo": "\\u0000"}),
    Case(
        "Q59 count absent",
        detail("failed-session-count", DROP),
        ["Q59"],
        {"detail.failed_session_count": None},
        page=(">n/a</span>",),
    ),
    Case("Q59 count null", detail("failed-session-count", None), ["Q59"], {"detail.failed_session_count": None}),
    Case(
        "R21 text in the wrong type",
        detail("failure-reason-code", {"code": 1}),
        ["R21"],
        {"detail.failure_reason_code": None},
    ),
    Case("R34 unknown names", {**base(), "version": 2, "x": {"y": [0.5]}}, [], {"policy.mx": MX}),
]
