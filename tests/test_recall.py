"""Texts that were kept in English are told in another language, whoever kept them and when."""

import time

import pytest

from collector.report.notes import Notes
from collector.text import say
from dashboard.recall import Recall
from dashboard.text import language
from docs import kept_texts

JA = language("ja")
RECALL = Recall(
    [
        ("the policy is empty", "ポリシーが空です"),
        ("%(host)s says %(what)s", "%(host)s の応答: %(what)s"),
        ("%(host)s says nothing, which is %(what)s", "%(host)s は応答しません（%(what)s）"),
        ("100 %% of %(name)s", "%(name)s の 100 %%"),
        ("%(text)s. %(effect)s", "%(text)s。%(effect)s"),
    ]
)


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("the policy is empty", "ポリシーが空です"),
        ("mx.example says 550 no", "mx.example の応答: 550 no"),
        ("mx.example says nothing, which is bad", "mx.example は応答しません（bad）"),
        ("mx.example says the policy is empty", "mx.example の応答: ポリシーが空です"),
        ("100 % of example.com", "example.com の 100 %"),
        ("<b>%(what)s</b> says %s %", "<b>%(what)s</b> の応答: %s %"),
        ("Something else. the policy is empty", "Something else。ポリシーが空です"),
        ("One thing. Another thing", "One thing. Another thing"),
        ("nobody knows this", "nobody knows this"),
        ("", ""),
    ],
    ids=["whole", "value", "longest", "within", "percent", "hostile", "together", "strangers", "unknown", "empty"],
)
def test_a_kept_text_leads_back_to_its_message(kept: str, told: str) -> None:
    assert RECALL.told(kept) == told


def test_a_long_text_of_a_stranger_takes_no_time() -> None:
    hostile = "mx says " * 400 + ". "
    started = time.process_time()
    for n in range(10):
        assert JA.recalled(f"{hostile}{n}") != ""
    assert time.process_time() - started < 1


@pytest.mark.parametrize("tag", ["ja"])
def test_every_message_of_a_kept_text_is_found_again(tag: str) -> None:
    """With values that hold no word of ours. Of two messages that differ by a name only, either may be found."""
    messages = [message for _, message in kept_texts.messages() if message not in kept_texts.GLUE]
    kept = [message % _Numbers() for message in messages]
    assert [text for text in kept if language(tag).recalled(text) == text] == []


class _Numbers(dict[str, str]):
    """A value for every name: `⟨1⟩`, `⟨2⟩`."""

    def __missing__(self, name: str) -> str:
        self[name] = f"⟨{len(self) + 1}⟩"
        return self[name]


def test_a_finding_that_occurs_often_is_told_with_how_often() -> None:
    notes = Notes()
    for address in ("a", "b", "c"):
        notes.add("Q54", f"{address!r} is no IP address")
    [finding] = notes.findings()
    assert finding.message == "'a' is no IP address (and 2 more)"
    assert JA.recalled(finding.message) == "'a' は IP アドレスではありません（ほか 2 件）"


def test_a_kept_text_within_a_text_is_told_too() -> None:
    text = say("The policy cannot be fetched: %(error)s.", error="the policy host mta-sts.example.com has no address")
    assert text.told(JA) == "ポリシーを取得できません: ポリシーホスト mta-sts.example.com にアドレスがありません。"
    assert JA.recalled(text) == text.told(JA)


def test_english_stays_as_it_was_kept() -> None:
    assert language("en").recalled("the file is empty") == "the file is empty"


SOURCE = '''
"""A docstring of many words."""
WHY = "senders then find no record"
def read(field: "a quoted annotation", error):
    """Another docstring of words."""
    log.info("a line of the log %s", field)
    what = "is not there" if field is None else f"is {field!r}"
    if error == "a text that is compared":
        raise Failed("code", f"the field {what}: {WHY}")
    raise Failed("code", f"{error.reason or 'no reason'} was given, " + ("so it goes" if field else "so it stays"))
RECORD = "v=STSv1; id=1"
'''


def test_messages_are_read_from_the_code() -> None:
    assert list(kept_texts.messages_of(SOURCE)) == [
        "senders then find no record",
        "is not there",
        "is %(field)s",
        "the field is not there: senders then find no record",
        "the field is %(field)s: senders then find no record",
        "%(reason)s was given, so it goes",
        "%(reason)s was given, so it stays",
        "no reason was given, so it goes",
        "no reason was given, so it stays",
    ]
