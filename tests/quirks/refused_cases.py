"""What cannot be counted, with the code and words of the refusal."""

from tests.quirks import DETAIL, DROP, GOOD, POLICY, Refused, base, change, dates, detail, details, summary, top

CASES: list[Refused] = [
    Refused("R21 an array", [base()], "schema", "is not of type 'object'"),
    Refused("R21 a string", "report", "schema", "is not of type 'object'"),
    Refused("Q22 policies absent", top("policies", DROP), "schema", "'policies' is a required property"),
    Refused("Q22 policies null", top("policies", None), "schema", "/policies: None is not of type"),
    Refused("R21 policies text", top("policies", "x"), "schema", "/policies: 'x' is not of type"),
    Refused(
        "R21 a policy result that is none",
        {**base(), "policies": [1]},
        "schema",
        "/policies/0: 1 is not of type 'object'",
    ),
    Refused("R21 neither policy nor summary", {**base(), "policies": [{}]}, "schema", "/policies/0: {} is not valid"),
    Refused("R21 policy text", change(POLICY, "sts"), "schema", "/policies/0/policy: 'sts' is not of type"),
    Refused("R21 details text", details("x"), "schema", "/policies/0/failure-details"),
    Refused("R21 a detail that is none", change(DETAIL, "x"), "schema", "/policies/0/failure-details/0: 'x' is not"),
    Refused("R21 date-range absent", top("date-range", DROP), "schema", "'date-range' is a required property"),
    Refused("R21 no end", dates("end-datetime", DROP), "schema", "'end-datetime' is a required"),
    Refused("R21 start null", dates("start-datetime", None), "schema", "/date-range/start-datetime: None"),
    Refused("R21 no date", dates("start-datetime", "soon"), "schema", "/date-range/start-datetime: 'soon'"),
    Refused("R21 the year 1969", dates("start-datetime", "1969-07-20T00:00:00Z"), "schema", "year 1969"),
    Refused("R21 the year 9999", dates("end-datetime", "9999-12-31T00:00:00Z"), "schema", "year 9999"),
    Refused("Q47 negative", summary(GOOD, -1), "schema", "-1 is less than the minimum of 0"),
    Refused("Q47 true", summary(GOOD, True), "schema", "True is not of type"),
    Refused("Q47 a fraction", summary(GOOD, 1.5), "schema", "1.5 is not of type"),
    Refused("Q47 2**63", summary(GOOD, 2**63), "schema", "is greater than the maximum"),
    Refused("Q47 1e300", summary(GOOD, 1e300), "schema", "is greater than the maximum"),
    Refused(
        "Q47 negative in a detail",
        detail("failed-session-count", -5),
        "schema",
        "/policies/0/failure-details/0/failed-session-count: -5",
    ),
    Refused("Q46 not only digits", summary(GOOD, "1e3"), "schema", "'1e3' does not match"),
    Refused("Q46 other digits", summary(GOOD, "١٢"), "schema", "does not match"),
    Refused("Q46 too many digits", summary(GOOD, "9" * 30), "schema", "does not match"),
    Refused("Q46 2**63 as text", summary(GOOD, str(2**63)), "schema", "is greater than"),
    Refused("R21 a count that is an object", summary(GOOD, {}), "schema", "{} is not of type"),
]
