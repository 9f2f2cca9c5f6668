"""QUIRKS B1 and A5: the policy and where it stands."""

from typing import Any

from tests.quirks import BAD, DROP, GOOD, MX, POLICY, SUMMARY, Case, base, change, policy, renamed
from tests.support.reports import Json

ENTRY = SUMMARY[:-1]
GIVEN = base()["policies"][0]


def up(*objects: str, **more: Any) -> Json:
    """`base()` with the members of these objects one level up, straight in the entry of `policies`; `more` beside."""
    entry = {name: value for name, value in GIVEN.items() if name not in objects}
    for name in objects:
        entry |= GIVEN[name]
    return change(ENTRY, entry | {name.replace("_", "-"): value for name, value in more.items()})


CASES: list[Case] = [
    Case("R21 nothing changed", base(), [], {"policy.mx": MX, "policy.mode": "enforce", "policy.max_age": 604800}),
    Case("Q1 mx-host a string", policy("mx-host", MX[0]), ["Q1"], {"policy.mx_host": MX}),
    Case("Q3 mx-host absent", policy("mx-host", DROP), ["Q3"], {"policy.mx": MX, "policy.mx_host": ()}),
    Case("Q4 mx-host []", policy("mx-host", []), ["Q4"], {"policy.mx": MX}),
    Case('Q4 mx-host ""', policy("mx-host", ""), ["Q4"], {"policy.mx": MX, "policy.mx_host": ()}),
    Case("Q4 mx-host null", policy("mx-host", None), ["Q4"], {"policy.mx": MX}),
    Case("Q5 mx-host-pattern", renamed(POLICY, "mx-host", "mx-host-pattern"), ["Q5"], {"policy.mx_host": MX}),
    Case(
        "Q6 mx-host of a tlsa result is for show",
        change(POLICY, {"policy-type": "tlsa", "policy-domain": "mx1.example.com", "mx-host": ["mx1.example.com"]}),
        [],
        {"policy.mx_host": MX, "policy.mx": (), "policy.mode": "unknown"},
    ),
    Case(
        "Q7 policy-string absent: mx from mx-host, mode unknown",
        policy("policy-string", DROP),
        [],
        {"policy.mx": MX, "policy.mode": "unknown", "policy.max_age": None},
    ),
    Case("Q7 policy-string null", policy("policy-string", None), ["Q7"], {"policy.policy_string": ()}),
    Case("Q8 policy-string []", policy("policy-string", []), [], {"policy.mode": "unknown"}),
    Case(
        "Q10 policy-string one string",
        policy("policy-string", "version: STSv1\nmode: testing\nmx: mx1.example.com\nmax_age: 5"),
        ["Q10"],
        {"policy.mode": "testing", "policy.max_age": 5, "policy.mx": MX},
    ),
    Case('Q10 policy-string ""', policy("policy-string", ""), ["Q10"], {"policy.policy_string": ()}),
    Case(
        "Q10 lines joined within the array",
        policy("policy-string", ["version: STSv1; mode: none"]),
        ["Q10"],
        {"policy.mode": "none", "policy.policy_string": ("version: STSv1", "mode: none")},
    ),
    Case(
        "R21 policy-string with other things in it",
        policy("policy-string", ["mode: testing", 5, None, ["x"]]),
        ["R21"],
        {"policy.policy_string": ("mode: testing", "5"), "policy.mode": "testing"},
    ),
    Case("R21 policy-string an object", policy("policy-string", {"mode": "x"}), ["R21"], {"policy.mx": MX}),
    Case(
        "Q11 no blanks, and one at the end",
        policy("policy-string", ["version:STSv1", "mode:testing ", "mx:mx1.example.com ", "max_age:86400"]),
        [],
        {"policy.mode": "testing", "policy.mx": MX, "policy.max_age": 86400},
    ),
    Case(
        "Q12 another order",
        policy(
            "policy-string",
            ["max_age: 5", "mx: mx2.example.com", "mx: mx1.example.com", "mode: testing", "version: STSv1"],
        ),
        [],
        {"policy.mode": "testing", "policy.mx": ("mx1.example.com", "mx2.example.com"), "policy.max_age": 5},
    ),
    Case(
        "Q13 errors in it: the mode of RFC 8461, no mx, a max_age of words",
        policy("policy-string", ["version: STSv2", "mode: enforced", "mode: testing", "max_age: a week", "???"]),
        [],
        {"policy.mode": "unknown", "policy.mx": MX, "policy.max_age": None},
        page=("mode: enforced", "???"),
    ),
    Case("Q14 STS", policy("policy-type", "STS"), ["Q14"], {"policy.policy_type": "sts", "policy.mx": MX}),
    Case("Q14 unknown type", policy("policy-type", "Dane-X"), ["Q14"], {"policy.policy_type": "dane-x"}),
    Case("R21 type absent", policy("policy-type", DROP), ["R21"], {"policy.policy_type": ""}),
    Case("Q15 policy-domain absent", policy("policy-domain", DROP), ["Q15"], {"policy.policy_domain": None}),
    Case("Q15 policy-domain null", policy("policy-domain", None), ["Q15"], {"policy.policy_domain": None}),
    Case("Q15 no name", policy("policy-domain", "not a name"), ["Q15"], {"policy.policy_domain": None}),
    Case("Q16 upper case", policy("policy-domain", "Example.COM"), ["Q16"], {"policy.policy_domain": "example.com"}),
    Case("Q16 trailing dot", policy("policy-domain", "example.com."), ["Q16"], {"policy.policy_domain": "example.com"}),
    Case(
        "Q16 U-label",
        policy("policy-domain", "bücher.example"),
        ["Q16"],
        {"policy.policy_domain": "xn--bcher-kva.example"},
        domain="xn--bcher-kva.example",
        page=("Report about bücher.example",),
    ),
    Case(
        "Q17 A-label",
        policy("policy-domain", "xn--bcher-kva.example"),
        [],
        {"policy.policy_domain": "xn--bcher-kva.example"},
        domain="xn--bcher-kva.example",
        page=("Report about bücher.example",),
    ),
    Case("R26 mx-host no pattern", policy("mx-host", ["mx: mx1.example.com"]), ["R26"], {"policy.mx": MX}),
    Case("Q22 policies an object", {**base(), "policies": base()["policies"][0]}, ["Q22"], {"policy.mx": MX}),
    Case("Q22 policies []: a heartbeat", {**base(), "policies": []}, [], {"report.policies": ()}, (0, 0)),
    Case(
        "R21 no policy found",
        change(POLICY, {"policy-type": "no-policy-found", "policy-domain": "example.com"}),
        [],
        {"policy.mode": "none"},
    ),
    Case(
        "A5 only a summary",
        {**base(), "policies": [{"summary": {GOOD: 1, BAD: 0}}]},
        ["R21"],
        {"policy.policy_domain": None, "result.good": 1},
        (1, 0),
    ),
    Case(
        "A5 only a policy",
        {**base(), "policies": [{"policy": base()["policies"][0]["policy"]}]},
        ["R21"],
        {"result.good": 0},
        (0, 0),
    ),
    Case(
        "R21 the policy one level up",
        up("policy"),
        ["R21"],
        {"policy.policy_type": "sts", "policy.mx": MX, "policy.mx_host": MX, "policy.mode": "enforce"},
        page=("/policies/0/policy-type: read as policy/policy-type (and 3 more)",),
    ),
    Case("R21 the summary one level up", up("summary"), ["R21"], {"result.good": 10, "result.bad": 3}),
    Case("R21 policy and summary one level up", up("policy", "summary"), ["R21"], {"policy.mode": "enforce"}),
    Case(
        "R21 one level up, null where they should be",
        up("policy", "summary", policy=None, summary={GOOD: None, BAD: None}),
        ["R21"],
        {"policy.policy_domain": "example.com"},
    ),
    Case(
        "R21 in both places: what stands where it should counts",
        up(policy_type="tlsa", policy_domain="example.net", mx_host=["x"], **{GOOD: 99, BAD: "many"}),
        ["R21"],
        {"policy.policy_type": "sts", "policy.policy_domain": "example.com", "policy.mx_host": MX},
    ),
    Case("R21 null one level up", up(policy_type=None, **{BAD: None}), [], {"policy.policy_type": "sts"}),
    Case(
        "R21 one level up, with faults of their own",
        up("policy", "summary", policy_type="STS", mx_host=MX[0], **{GOOD: "10", BAD: 3.0}),
        ["R21", "Q1", "Q14", "Q46", "Q47"],
        {"policy.policy_type": "sts", "policy.mx_host": MX},
    ),
    Case(
        "Q22 policies an object, and all one level up",
        {**base(), "policies": up("policy", "summary")["policies"][0]},
        ["Q22", "R21"],
        {"policy.mode": "enforce"},
    ),
    Case(
        "R21 nothing but a policy-domain one level up",
        change(ENTRY, {"policy-domain": "example.com"}),
        ["R21"],
        {"policy.policy_type": "", "result.good": 0},
        (0, 0),
    ),
    Case("A5 summary null", change(SUMMARY, None), ["R21"], {"result.bad": 0}, (0, 0)),
]
