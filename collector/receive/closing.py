"""What came of many deliveries, in the line that a command ends with."""

from collections.abc import Mapping

from collector.delivery import OUTCOMES


def closing_line(outcomes: Mapping[str, int], reasons: Mapping[str, int], **more: int) -> str:
    """`stored 3 · conflict 0 · ... · quarantined 2 (dkim_fail 2) · put off 1`.

    `reasons` are those of the quarantined ones, by code. `more` is named where there is any: `put_off=1`.
    """
    counts = [f"{outcome} {outcomes.get(outcome, 0)}" for outcome in OUTCOMES]
    if reasons:
        counts[-1] += f" ({', '.join(f'{code} {count}' for code, count in sorted(reasons.items()))})"
    counts += [f"{name.replace('_', ' ')} {count}" for name, count in more.items() if count]
    return " · ".join(counts)
