"""Is it safe to go, or to stay, in `enforce`? Evidence and thresholds in, the verdict with its reasons out. Pure."""

from dashboard.verdict.blame import Blame, blame
from dashboard.verdict.judge import judge
from dashboard.verdict.model import INSUFFICIENT_DATA, NOT_APPLICABLE, NOT_READY, READY, WORDS, Figures, Reason, Verdict

__all__ = [
    "INSUFFICIENT_DATA",
    "NOT_APPLICABLE",
    "NOT_READY",
    "READY",
    "WORDS",
    "Blame",
    "Figures",
    "Reason",
    "Verdict",
    "blame",
    "judge",
]
