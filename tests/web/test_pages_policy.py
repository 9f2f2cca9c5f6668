"""What the pages say about a published policy that could not be had."""

from flask.testing import FlaskClient

from tests.support.page import read


def test_a_domain_without_a_record_is_not_told_of_a_broken_one(client: FlaskClient) -> None:
    """It may never have had MTA-STS: that is no fault."""
    text = read(client.get("/domains/quiet.example").text).text
    assert "No MTA-STS policy since 10 Nov 2026, 00:00 UTC: There is no _mta-sts TXT record." in text
    assert "cannot be fetched since" not in text


def test_an_error_is_told_with_what_was_met_and_the_section_that_makes_it_one(client: FlaskClient) -> None:
    text = read(client.get("/domains/quiet.example/policies").text).text
    assert "There is no _mta-sts TXT record. Publish one:" in text
    assert "there is no _mta-sts record no_record, RFC 8461 3.1" in text
