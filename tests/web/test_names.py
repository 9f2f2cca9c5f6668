"""Names of strangers in a path: whatever they hold, the address that a page makes of them leads back to them."""

from urllib.parse import unquote

import pytest

from tests.web.conftest import MakeApp

NAMES = ["plain.example", "a/b", "two\nlines", "ends with one\n", "\n", "a\u2028b", "?#%"]


@pytest.mark.parametrize("name", NAMES)
def test_an_address_leads_back_to_its_name(make_app: MakeApp, name: str) -> None:
    url_map = make_app().url_map
    paths = url_map.bind("localhost")
    named = [rule for rule in url_map.iter_rules() if "<path:" in rule.rule]
    assert len(named) > 10
    for rule in named:
        values = {field: name if f"<path:{field}>" in rule.rule else "x" for field in rule.arguments}
        assert paths.match(unquote(paths.build(rule.endpoint, values))) == (rule.endpoint, values)
