"""What very many domains share is one alert."""

from collections.abc import Collection

from dashboard.alerts.crowd import Crowd
from dashboard.alerts.model import Condition, Key
from tests.alerts.made import MX1


def gathered(conditions: list[Condition], open_keys: Collection[Key]) -> tuple[Condition, ...]:
    crowd = Crowd(open_keys)
    crowd.add(conditions)
    return crowd.conditions()


def of_domains(count: int, rule: str = "policy_fetch", subject: str = "") -> list[Condition]:
    return [Condition(rule, f"d{number:03}.example", subject, 1, {}) for number in range(count)]


def test_what_many_domains_share_is_one_alert() -> None:
    assert len(gathered(of_domains(50), ())) == 50
    [one] = gathered(of_domains(51), ())
    assert (one.domain, one.size, one.evidence["domains"]) == ("", 51, 51)
    assert one.evidence["examples"] == [f"d00{number}.example" for number in range(5)]


def test_a_host_of_many_domains_is_one_alert_by_its_name() -> None:
    assert len(gathered(of_domains(10, "certificate", MX1), ())) == 10
    [one] = gathered(of_domains(11, "certificate", MX1), ())
    assert (one.key, one.size) == (("", "certificate", MX1), 11)


def test_a_crowd_lasts_until_half_of_it_is_left() -> None:
    is_open = {("", "policy_fetch", "")}
    assert [each.domain for each in gathered(of_domains(26), is_open)] == [""]
    assert len(gathered(of_domains(25), is_open)) == 25


def test_what_is_open_by_itself_stays_so() -> None:
    conditions = of_domains(60)
    assert len(gathered(conditions, {each.key for each in conditions[:20]})) == 60
    assert len(gathered(conditions, {each.key for each in conditions[:5]})) == 5 + 1
