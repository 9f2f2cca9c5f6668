"""QUIRKS B2: what stands around the policies."""

from tests.quirks import DROP, Case, dates, renamed, top

CASES: list[Case] = [
    Case("Q25 contact-info null", top("contact-info", None), ["Q25"], {"report.contact_info": None}),
    Case("Q26 contact-info absent", top("contact-info", DROP), ["Q26"], {"report.contact_info": None}),
    Case("R21 contact-info no address", top("contact-info", "example"), ["R21"], {"report.contact_info": "example"}),
    Case(
        "R21 contact-info a mailto: URI",
        top("contact-info", "mailto:tls@reporter.example"),
        ["R21"],
        {"report.contact_info": "tls@reporter.example"},
        page=("/contact-info: read as tls@reporter.example",),
    ),
    Case(
        "R21 contact-info a mailto: URI with a subject: the reporter is the domain of its address",
        top("contact-info", "MailTo:tls@sender.example?subject=TLS%20report"),
        ["R21"],
        {"report.contact_info": "tls@sender.example", "delivery.reporter": "sender.example"},
        channel="https",
    ),
    Case(
        "R21 contact-info a mailto: URI of another domain than the submitter",
        top("contact-info", "mailto:tls@sender.example?subject=TLS%20report"),
        ["Q27", "R21"],
        {"report.contact_info": "tls@sender.example", "delivery.reporter": "reporter.example"},
    ),
    Case(
        "R21 contact-info a mailto: URI without an address",
        top("contact-info", "mailto:?to=tls@reporter.example"),
        ["R21"],
        {"report.contact_info": "mailto:?to=tls@reporter.example"},
    ),
    Case(
        "R21 email-address a mailto: URI",
        {**renamed((), "contact-info", "email-address"), "email-address": "mailto:tls@reporter.example"},
        ["Q56", "R21"],
        {"report.contact_info": "tls@reporter.example"},
    ),
    Case("Q28 organization-name null", top("organization-name", None), ["Q28"], {"report.organization_name": None}),
    Case("Q28 organization-name absent", top("organization-name", DROP), ["Q28"], {"report.organization_name": None}),
    Case("Q28 organization-name empty", top("organization-name", ""), ["Q28"], {"report.organization_name": None}),
    Case("Q29 organization-name a host", top("organization-name", "mx.reporter.example"), [], {}),
    Case("R21 organization-name a number", top("organization-name", 7), ["R21"], {"report.organization_name": "7"}),
    Case("R21 report-id a number", top("report-id", 7), ["R21"], {"report.report_id": "7"}),
    Case("Q30 no zone", dates("start-datetime", "2026-11-20T00:00:00"), ["Q30"], {}),
    Case("Q31 an offset", dates("start-datetime", "2026-11-20T02:00:00+02:00"), [], {}),
    Case("Q32 a date alone", dates("start-datetime", "2026-11-20"), ["Q32"], {}),
    Case("Q33 end at next midnight", dates("end-datetime", "2026-11-21T00:00:00Z"), [], {}),
    Case("Q34 a week", dates("end-datetime", "2026-11-26T23:59:59Z"), [], {}),
    Case("Q35 start after end", dates("end-datetime", "2026-11-19T00:00:00Z"), ["Q35"], {}),
    Case("Q37 any report-id", top("report-id", "134000000000000000+"), [], {"report.report_id": "134000000000000000+"}),
    Case(
        "Q56 email-address",
        renamed((), "contact-info", "email-address"),
        ["Q56"],
        {"report.contact_info": "tls-reports@reporter.example"},
    ),
]
