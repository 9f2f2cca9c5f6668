"""The shapes of the API's answers: views make them (mypy holds that they do), openapi.json is made from them.

Times are RFC 3339 in UTC with `Z`, days are UTC days, names of domains are A-labels in lower case. What a report says
may be any text. `null` in a figure is unknown, never zero.
"""
