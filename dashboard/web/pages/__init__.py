"""The pages people read. They mirror the paths of the API without /api/v1, and ask the same queries."""

from dashboard.web.pages.blueprint import blueprint

__all__ = ["blueprint"]
