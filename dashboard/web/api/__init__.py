"""The API of the contract, read only: `/api/v1`."""

from dashboard.web.api.blueprint import blueprint

__all__ = ["blueprint"]
