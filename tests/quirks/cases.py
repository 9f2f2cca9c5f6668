"""All cases."""

from typing import Any

from tests.quirks import (
    Case,
    arrival_cases,
    detail_cases,
    json_cases,
    mail_cases,
    metadata_cases,
    packing_cases,
    policy_cases,
    post_cases,
    refused_cases,
    sender_cases,
    signature_cases,
)

CASES: list[Case] = [
    *policy_cases.CASES,
    *metadata_cases.CASES,
    *detail_cases.CASES,
    *refused_cases.CASES,
    *mail_cases.CASES,
    *signature_cases.CASES,
    *packing_cases.CASES,
    *json_cases.CASES,
    *post_cases.CASES,
    *arrival_cases.CASES,
    *sender_cases.CASES,
]

# The documents among them, by name: for what holds of all documents.
DOCUMENTS: list[tuple[str, Any]] = [(case.name, case.what) for case in CASES if not isinstance(case.what, bytes)]
