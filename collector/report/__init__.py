"""From bytes to a `Report`: pure and total. No network, no clock, no database.

reader.read(data, limits=...)                 the report in an attached, posted or stored piece of bytes
search.documents(raw, channel, limits=...)    the JSON of every report in a whole delivery

Nothing is imported here: the writer knows a `model.Report` and never reads one.
"""
