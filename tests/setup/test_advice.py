"""What was seen live in; what to publish, in which order, out."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.monitor import tlsrpt_record
from collector.monitor.advice import Hosted, Item, Ours, Plan, Seen, Step, fresh_id, made, plan, policy_text
from collector.monitor.change import consequences
from collector.monitor.model import Observation, StsPolicy
from collector.monitor.policy import read

NOW = datetime(2026, 11, 24, 8, 15, 30, tzinfo=UTC)
MX = ("mx1.example.com", "mx2.example.com")
HERE = "mailto:tlsrpt@reports.example.com"
POST = "https://tls.example.net/v1/tlsrpt"
OURS = Ours(HERE, POST)


def seen(
    policy: StsPolicy | None = None,
    policy_id: str | None = None,
    *,
    tlsrpt: tuple[bytes, ...] = (),
    mx: tuple[str, ...] | None = MX,
    error: str | None = None,
    held_until: datetime | None = None,
    hosted: Hosted | None = None,
) -> Seen:
    error = error or (None if policy else "no_record")
    found = Observation(NOW, policy_id, policy, error, error and f"{error} it is", mx)
    return Seen(tlsrpt_record.read(tlsrpt, "example.com"), found, held_until, hosted)


def of(what: Plan, key: str) -> Step:
    [step] = [step for step in (*what.begin, *what.roll_over, *what.removal) if step.key == key]
    return step


def value(what: Plan, key: str) -> str:
    [item] = of(what, key).publish
    return item.value


def test_from_nothing() -> None:
    """First where reports go, then the policy in testing, and its id after it (M22)."""
    made_plan = plan("example.com", OURS, seen(), NOW)
    assert [step.key for step in made_plan.begin] == ["tlsrpt", "policy", "record"]
    assert [step.seen for step in made_plan.begin] == [False, False, False]
    assert value(made_plan, "tlsrpt") == f"v=TLSRPTv1; rua={HERE},{POST}"
    assert value(made_plan, "policy") == (
        "version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\nmax_age: 86400\r\n"
    )
    assert value(made_plan, "record") == "v=STSv1; id=20261124T081530Z;"
    assert of(made_plan, "policy").publish[0].name == "https://mta-sts.example.com/.well-known/mta-sts.txt"


@pytest.mark.parametrize("mx", [(), None], ids=["none", "not known"])
def test_without_mx_hosts_no_policy_is_offered(mx: tuple[str, ...] | None) -> None:
    """One without mx lines would be none (RFC 8461 section 3.2)."""
    made_plan = plan("example.com", OURS, seen(mx=mx), NOW)
    assert (of(made_plan, "policy").publish, of(made_plan, "enforce").publish) == ((), ())
    assert "none is known now" in of(made_plan, "policy").why


def test_everything_is_there() -> None:
    what = seen(made("testing", 86400, MX), "a1", tlsrpt=(f"v=TLSRPTv1; rua={HERE}".encode(),))
    made_plan = plan("example.com", OURS, what, NOW)
    assert [step.seen for step in made_plan.begin] == [True, True, True]
    assert value(made_plan, "record") == "v=STSv1; id=a1;"  # it stays: nothing has changed
    assert made_plan.notes == ()


@pytest.mark.parametrize(
    ("published", "accepted", "record", "is_seen"),
    [
        pytest.param("mailto:a@other.example", (), f"{HERE},{POST},mailto:a@other.example", False, id="others stay"),
        pytest.param(POST, (POST,), POST, True, id="by POST is enough"),
        pytest.param(
            "mailto:tlsrpt@example.com", ("mailto:tlsrpt@example.com",), f"mailto:tlsrpt@example.com,{POST}", True,
            id="another address of ours stays",
        ),
    ],
)  # fmt: skip
def test_a_record_that_is_there_already(published: str, accepted: tuple[str, ...], record: str, is_seen: bool) -> None:
    what = seen(tlsrpt=(f"v=TLSRPTv1; rua={published}".encode(),))
    made_plan = plan("example.com", Ours(HERE, POST, accepted), what, NOW)
    assert value(made_plan, "tlsrpt") == f"v=TLSRPTv1; rua={record}"
    assert of(made_plan, "tlsrpt").seen is is_seen


def test_a_new_mx_belongs_into_the_policy_and_the_id_changes() -> None:
    what = seen(made("enforce", 604800, ("*.example.com",)), "a1", mx=("mx1.example.com", "mx.example.net"))
    made_plan = plan("example.com", OURS, what, NOW)
    text = value(made_plan, "policy")
    assert "mode: enforce\r\nmx: *.example.com\r\nmx: mx.example.net\r\nmax_age: 604800\r\n" in text
    assert of(made_plan, "policy").seen is False
    assert value(made_plan, "record") == f"v=STSv1; id={fresh_id(NOW)};"
    assert "The published policy does not list mx.example.net: add it." in made_plan.notes


def test_to_enforce() -> None:
    made_plan = plan("example.com", OURS, seen(made("testing", 86400, MX), "a1"), NOW)
    assert [step.key for step in made_plan.roll_over] == ["wait", "enforce", "enforce-record", "pickup"]
    reading = read(value(made_plan, "enforce").encode()).policy
    assert reading is not None
    assert (reading.mode, reading.mx, reading.max_age) == ("enforce", MX, 14 * 86400)
    assert of(made_plan, "enforce").seen is False
    enforced = plan("example.com", OURS, seen(made("enforce", 31_536_000, MX), "a1"), NOW)
    assert of(enforced, "enforce").seen is True
    assert "max_age: 31536000" in value(enforced, "enforce")
    assert of(enforced, "enforce-record").publish == ()


@pytest.mark.parametrize(
    ("max_age", "held_until", "until"),
    [
        pytest.param(7 * 86400, None, "1 Dec 2026", id="the policy now"),
        pytest.param(7 * 86400, NOW + timedelta(days=30), "24 Dec 2026", id="an older one with a longer max_age"),
        pytest.param(0, None, "25 Nov 2026", id="the policy none itself"),
    ],
)
def test_to_take_it_back(max_age: int, held_until: datetime | None, until: str) -> None:
    what = seen(made("enforce", max_age, MX), "a1", held_until=held_until)
    made_plan = plan("example.com", OURS, what, NOW)
    assert [step.key for step in made_plan.removal] == ["none", "none-record", "outlast", "remove"]
    assert value(made_plan, "none") == "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"
    assert of(made_plan, "outlast").title == f"Wait until {until}"


def test_all_ids_of_a_plan_differ() -> None:
    made_plan = plan("example.com", OURS, seen(), NOW)
    ids = [value(made_plan, key) for key in ("record", "enforce-record", "none-record")]
    assert len(set(ids)) == 3


def test_a_served_policy_is_ticked_when_just_it_is_fetched_and_its_id_is_in_dns() -> None:
    served = Hosted(made("testing", 86400, MX), "b2")
    good = plan("example.com", OURS, seen(made("testing", 86400, MX), "b2", hosted=served), NOW)
    assert (of(good, "policy").seen, of(good, "record").seen) == (True, True)
    behind = plan("example.com", OURS, seen(made("enforce", 86400, MX), "a1", hosted=served), NOW)
    assert (of(behind, "policy").seen, of(behind, "record").seen) == (False, False)
    assert value(behind, "record") == "v=STSv1; id=b2;"
    assert "mode: testing" in value(behind, "policy")
    # The next ids are made when the next policies are set.
    assert (of(behind, "enforce-record").publish, of(behind, "none-record").publish) == ((), ())


def test_a_served_policy_that_lacks_an_mx_is_shown_as_it_is_served() -> None:
    served = Hosted(made("testing", 86400, MX[:1]), "b2")
    made_plan = plan("example.com", OURS, seen(hosted=served), NOW)
    assert value(made_plan, "policy") == served.policy.text
    assert "The served policy does not list mx2.example.com: add it." in made_plan.notes
    assert "mx: mx2.example.com" in value(made_plan, "enforce")


@pytest.mark.parametrize(
    ("what", "note"),
    [
        pytest.param(seen(mx=None), "could not be looked up just now", id="DNS is silent"),
        pytest.param(seen(mx=()), "nobody sends mail to it", id="no MX"),
        pytest.param(seen(error="tls"), "cannot be fetched: tls it is.", id="a fetch error"),
        pytest.param(
            seen(made("testing", 1, (*MX, "old.example.com"))), "old.example.com matches no MX", id="left over"
        ),
        pytest.param(seen(tlsrpt=(b"v=tlsrptv1; rua=mailto:a@example.com",)), "v=TLSRPTv1 in just this", id="TLSRPT"),
    ],
)
def test_what_stands_in_the_way_is_said(what: Seen, note: str) -> None:
    assert any(note in each for each in plan("example.com", OURS, what, NOW).notes)


def test_the_text_is_what_a_sender_reads() -> None:
    policy = made("enforce", 604800, ("*.example.com", "mx1.example.com", "*.example.com"))
    assert policy.mx == ("*.example.com", "mx1.example.com")
    assert read(policy_text(policy).encode()) == read(policy.text.encode())
    assert read(policy.text.encode()).problems == ()


def test_a_long_record_is_cut_into_strings() -> None:
    item = Item("TXT", "_smtp._tls.example.com", "v" * 300 + '"')
    assert item.text == f'_smtp._tls.example.com. IN TXT "{"v" * 255}" "{"v" * 45}\\""'


ENFORCED = made("enforce", 604800, MX)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(ENFORCED, made("enforce", 604800, MX[::-1]), ["Nothing changes"], id="the same"),
        pytest.param(None, made("testing", 86400, MX), ["begin to check"], id="the first"),
        pytest.param(
            made("testing", 86400, MX), ENFORCED, ["is held back", "until 25 Nov 2026"], id="to enforce"
        ),
        pytest.param(
            ENFORCED, made("enforce", 604800, MX[:1]),
            ["mx2.example.com would be refused", "until 1 Dec 2026"], id="an MX left out",
        ),
        pytest.param(
            None, made("enforce", 604800, ("mx.example.net",)),
            ["mx1.example.com would be refused", "mx2.example.com would be refused", "No live MX host is left",
             "Senders begin to hold back", "mx.example.net matches no MX"],
            id="all of them",
        ),
        pytest.param(
            None, made("testing", 40 * 86400, MX[:1]),
            ["mx2.example.com is matched by no mx line", "begin to check", "keeps a mistake alive"], id="testing",
        ),
        pytest.param(ENFORCED, made("none", 86400, ()), ["no longer protected", "until 1 Dec 2026"], id="none"),
        pytest.param(
            made("enforce", 604800, MX[:1]), made("enforce", 600, MX),
            ["protects little", "mx2.example.com becomes part", "until 1 Dec 2026"], id="short",
        ),
    ],
)  # fmt: skip
def test_what_a_change_means(old: StsPolicy | None, new: StsPolicy, said: list[str]) -> None:
    found = consequences(old, new, MX, NOW)
    assert len(found) == len(said)
    for words in said:
        assert any(words in each.text for each in found), (words, found)
    severities = [("error", "warning", "note").index(each.severity) for each in found]
    assert severities == sorted(severities)
