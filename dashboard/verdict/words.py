"""Days as the reasons write them."""

from datetime import date

from collector.text import Text, say


def days(first: date, last: date) -> Text:
    """`on 4 Nov 2026` or `from 4 Nov 2026 to 6 Nov 2026`"""
    if first == last:
        return say("on %(day)s", day=first)
    return say("from %(first)s to %(last)s", first=first, last=last)
