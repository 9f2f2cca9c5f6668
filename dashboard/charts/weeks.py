"""A long range by ISO weeks: bars of single days would be thinner than the gaps between them."""

from datetime import date, timedelta

from collector.store.queries import Daily, DayFigures, TypeFigures

# Beyond about four months a day has less than six pixels on a wide screen.
MOST_DAYS = 120


def is_by_week(daily: Daily) -> bool:
    return len(daily.days) > MOST_DAYS


def monday(day: date) -> date:
    """The first day of the ISO week of `day`."""
    return day - timedelta(days=day.weekday())


def by_week(daily: Daily) -> Daily:
    """The same figures by ISO week, which the range may cut: `day` is its Monday, the mode that of its last day."""
    weeks: dict[date, DayFigures] = {}
    for day in daily.days:
        first = monday(day.day)
        before = weeks.get(first)
        weeks[first] = _added(first, before, day)
    return Daily(tuple(weeks.values()))


def _added(first: date, before: DayFigures | None, day: DayFigures) -> DayFigures:
    if before is None:
        before = DayFigures(first, day.mode, day.mode_source, 0, 0, 0)
    types = {each.policy_type: each for each in before.by_policy_type}
    for each in day.by_policy_type:
        same = types.get(each.policy_type, TypeFigures(each.policy_type, 0, 0))
        types[each.policy_type] = TypeFigures(
            each.policy_type, same.successful + each.successful, same.failed + each.failed
        )
    return DayFigures(
        day=first,
        mode=day.mode,
        mode_source=day.mode_source,
        reports=before.reports + day.reports,
        successful=before.successful + day.successful,
        failed=before.failed + day.failed,
        by_policy_type=tuple(types[name] for name in sorted(types)),
        unauthenticated=before.unauthenticated + day.unauthenticated,
    )
