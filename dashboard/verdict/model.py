"""What a verdict is made of, and its JSON shape (contract: `/api/v1/domains/{d}/verdict`)."""

from dataclasses import dataclass

READY = "ready"
NOT_READY = "not_ready"
INSUFFICIENT_DATA = "insufficient_data"
NOT_APPLICABLE = "not_applicable"
WORDS = (READY, NOT_READY, INSUFFICIENT_DATA, NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that was looked at, in a sentence with the figures it rests on.

    `ok` None: it is not known, or only told; it counts neither for nor against. `stops` is the verdict that a reason
    with `ok` false leads to, NOT_READY before INSUFFICIENT_DATA. `fix`: what to do then, "" where `text` says it.
    """

    code: str
    text: str
    ok: bool | None
    stops: str = NOT_READY
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Over the last 28 days. `days`: clean ones. `would_refuse`: sessions that enforce held back, or would have."""

    days: int = 0
    sessions: int = 0
    reporters: int = 0
    would_refuse: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`word` is one of WORDS, `mode` the one it is about; `sentence` says it in plain words.

    `next_step`: what to do now; DOMAIN in it stands for the domain's name, as in dashboard.explain.
    """

    word: str
    mode: str
    reasons: tuple[Reason, ...]
    evidence: Figures
    sentence: str
    next_step: str

    @property
    def is_well(self) -> bool:
        """Whether nobody has to do anything or wait for anything before `enforce`."""
        return self.word in (READY, NOT_APPLICABLE)

    def shape(self) -> dict[str, object]:
        """The contract's JSON. There `ok` is yes or no: what is not known, or only told, stands in nobody's way."""
        figures = self.evidence
        return {
            "verdict": self.word,
            "reasons": [
                {"code": reason.code, "text": reason.text, "ok": reason.ok is not False} for reason in self.reasons
            ],
            "evidence": {
                "days": figures.days,
                "sessions": figures.sessions,
                "reporters": figures.reporters,
                "would_refuse": figures.would_refuse,
            },
        }
