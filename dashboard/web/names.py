"""Names in a path as strangers gave them: reporters, hosts, result types. They hold what they like, line ends too."""

from flask import Flask
from werkzeug.routing import PathConverter


class AnyName(PathConverter):
    """`<path:...>` in a route; Werkzeug's own ends with the line."""

    regex = r"[^/](?s:.)*?"
    part_isolating = False


def register(app: Flask) -> None:
    app.url_map.converters["path"] = AnyName
