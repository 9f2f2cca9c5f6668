"""From bytes to a `Report`: pure and total. No network, no clock, no database.

read(data, limits=...)                 the report in an attached, posted or stored piece of bytes
documents(raw, channel, limits=...)    the JSON of every report in a whole delivery
"""

from collector.report.limits import Limits
from collector.report.normalise.names import contact_domain
from collector.report.reader import read
from collector.report.search import documents

__all__ = ["Limits", "contact_domain", "documents", "read"]
