"""The parts of `make fuzz` that need no fuzzer: its target holds of every case and of damaged ones, its layers fit."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz import target
from fuzz.finds import Finds
from fuzz.layers import peel
from fuzz.mutate import mutate
from tests.quirks import Case, base
from tests.quirks.cases import CASES
from tests.quirks.path import arriving
from tests.support import reports
from tests.support.examples import examples

SMALL = [case for case in CASES if len(arriving(case)) < 16 * 1024]
MAILS = [arriving(case) for case in SMALL if case.channel == "smtp"]


@pytest.mark.parametrize("case", SMALL, ids=[case.name for case in SMALL])
def test_the_target_holds_of_a_case(case: Case) -> None:
    deliveries = target.run(arriving(case))
    assert len(deliveries) == len(target.CHANNELS)


def cut_off(raw: bytes, most: int) -> bytes:
    """What happens to bytes of which nothing is known."""
    return raw[: min(len(raw) * 7 // 8, most)]


@examples(300)
@given(st.sampled_from(MAILS), st.lists(st.integers(0, 2**32), min_size=1, max_size=4))
def test_the_target_holds_of_damaged_cases(mail: bytes, seeds: list[int]) -> None:
    for seed in seeds:
        mail = mutate(mail, 16 * 1024, Random(seed), cut_off)
    target.run(mail)


def test_a_mail_is_taken_apart_and_put_together() -> None:
    mail = reports.mail(base())
    layers = peel(mail)
    assert layers is not None
    assert layers.text == reports.to_json(base())
    [delivery, *_] = target.run(layers.of(layers.text.replace(b"Reporter Example", b"Somebody")).mail())
    assert delivery.found[0].report.organization_name == "Somebody"
    assert peel(b"Subject: no report\r\n\r\nHello\r\n") is None


def test_a_find_is_kept_once_and_made_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def breaks(raw: bytes) -> None:
        layers = peel(raw)
        assert layers is None or b"enforce" not in layers.text

    finds = Finds(tmp_path, breaks)
    for document in (base(), reports.google(), reports.report()):
        finds.look(reports.mail(document))
    [file] = tmp_path.iterdir()
    layers = peel(file.read_bytes())
    assert layers is not None
    assert layers.text == b"enforce"
    assert capsys.readouterr().out.count("FOUND") == 1
