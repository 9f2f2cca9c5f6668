"""CAs for made certificates, and a real validating resolver, each once for a pytest worker."""

from collections.abc import Iterator

import pytest

from tests.probe.zones import Zones
from tests.support.mx_host import Authority
from tests.support.unbound import NoUnbound, Unbound


@pytest.fixture(scope="session")
def authority() -> Iterator[Authority]:
    made = Authority()
    yield made
    made.close()


@pytest.fixture(scope="session")
def zones(authority: Authority) -> Zones:
    return Zones(authority)


@pytest.fixture(scope="session")
def unbound(zones: Zones) -> Iterator[Unbound]:
    try:
        with Unbound(zones.zones) as running:
            yield running
    except NoUnbound as error:
        pytest.fail(str(error), pytrace=False)
