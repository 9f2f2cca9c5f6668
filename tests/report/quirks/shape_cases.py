"""QUIRKS B7: whole reports in the shapes that senders use."""

from tests.report.quirks import MX, Case, base
from tests.support import reports

CASES: list[Case] = [
    ("Google", reports.google(failed=2), [], {"detail.failed_session_count": 2}),
    ("Microsoft", reports.microsoft(failed=2), ["Q3", "Q30", "Q9"], {"policy.mx": MX}),
    ("Mail.ru", reports.mail_ru(), [], {"result.bad": 1}),
    ("Stalwart", reports.stalwart(), ["Q25"], {"result.good": 1}),
    (
        "Q19 two rows of one policy",
        {**base(), "policies": [reports.policy_result(), reports.policy_result(mode="testing")]},
        [],
        {},
    ),
    (
        "Q21 two domains",
        {**base(), "policies": [reports.policy_result(), reports.policy_result("example.net")]},
        [],
        {},
    ),
]
