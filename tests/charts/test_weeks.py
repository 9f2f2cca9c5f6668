"""Long ranges by ISO week, and the heat map of failures by MX and day."""

from datetime import date, timedelta

import pytest

from collector.store.queries import Daily, DayFigures, Policies, TypeFigures
from collector.store.queries.rows import MxDay
from dashboard.charts import by_week, heat, is_by_week, main_chart
from dashboard.charts.heat import shade

FIRST = date(2026, 7, 1)  # a Wednesday


def days(count: int, *, unauthenticated: int = 0) -> Daily:
    types = (TypeFigures("sts", 9, 1),)
    return Daily(
        tuple(
            DayFigures(FIRST + timedelta(days=n), "testing", "published", 1, 9, 1, types, unauthenticated)
            for n in range(count)
        )
    )


def test_beyond_120_days_a_bar_is_a_week_and_nothing_is_lost() -> None:
    assert not is_by_week(days(120))
    assert is_by_week(days(121))
    weeks = by_week(days(121)).days
    assert (weeks[0].day, weeks[0].successful, weeks[0].reports) == (date(2026, 6, 29), 45, 5)
    assert all(week.day.weekday() == 0 for week in weeks)
    assert sum(week.failed for week in weeks) == sum(week.by_policy_type[0].failed for week in weeks) == 121
    chart = main_chart(days(121), Policies((), ()))
    bar = chart.data[0]
    assert (bar.xperiod, bar.xperiod0, len(bar.x)) == (7 * 86_400_000, "2000-01-03", len(weeks))
    assert tuple(chart.layout.xaxis.range) == ("2026-06-29", "2026-11-02")


def test_sessions_without_authentication_are_seen_where_there_are_some() -> None:
    assert "Unauthenticated" not in [trace.name for trace in main_chart(days(2), Policies((), ())).data]
    [dashes] = [t for t in main_chart(days(2, unauthenticated=3), Policies((), ())).data if t.name == "Unauthenticated"]
    assert list(dashes.y) == [3, 3]


@pytest.mark.parametrize(("count", "most", "expected"), [(0, 9, 0), (1, 1, 1), (1, 10_000, 1), (10_000, 10_000, 4)])
def test_one_failure_is_seen_beside_ten_thousand(count: int, most: int, expected: int) -> None:
    assert shade(count, most) == expected


def test_cells_stand_on_their_days_and_hosts_in_the_order_of_failures() -> None:
    found = [MxDay("", FIRST, 1), MxDay("mx1.example", FIRST, 5), MxDay("mx1.example", FIRST + timedelta(days=2), 7)]
    drawn = heat(found, FIRST, FIRST + timedelta(days=2))
    assert [(row.mx, row.failed, [cell.index for cell in row.cells]) for row in drawn.rows] == [
        ("mx1.example", 12, [0, 2]),
        ("", 1, [0]),
    ]
    assert (drawn.columns, drawn.rows[0].worst.first, drawn.more) == (3, FIRST + timedelta(days=2), 0)


def test_a_long_range_has_a_column_for_each_week_and_many_hosts_are_cut() -> None:
    found = [MxDay(f"mx{n}.example", FIRST + timedelta(days=130), 1) for n in range(14)]
    drawn = heat(found, FIRST, FIRST + timedelta(days=130))
    assert (drawn.columns, drawn.is_by_week, len(drawn.rows), drawn.more) == (19, True, 12, 2)
    assert {row.cells[0].index for row in drawn.rows} == {18}


def test_nothing_failed() -> None:
    assert heat([], FIRST, FIRST).rows == ()
