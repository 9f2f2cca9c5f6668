"""Files of the program itself: compressed, kept for a year under an address of their content, and no others."""

import gzip
from pathlib import Path

import plotly.offline
import pytest
from flask.testing import FlaskClient

import dashboard.web
from dashboard.web.pages.static import STYLE, load
from tests.web.conftest import MakeApp

STATIC = Path(dashboard.web.__file__).parent / "static"
PLOTLY = "vendor/plotly-basic-4.1.1.min.js"


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    return make_app().test_client()


def address(name: str) -> str:
    file = load(name)
    assert file is not None
    return f"/static/{file.digest}/{name}"


@pytest.mark.parametrize("name", ["chart.js", "theme.js", "icon.svg", PLOTLY, "vendor/plotly-4.1.1.css"])
def test_a_file_is_sent_compressed_and_kept(client: FlaskClient, name: str) -> None:
    answer = client.get(address(name), headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert gzip.decompress(answer.data) == (STATIC / name).read_bytes()


def test_whoever_cannot_unpack_gets_it_plain(client: FlaskClient) -> None:
    for headers in ({}, {"Accept-Encoding": "br"}, {"Accept-Encoding": "gzip;q=0"}):
        answer = client.get(address("theme.js"), headers=headers)
        assert "Content-Encoding" not in answer.headers
        assert answer.data == (STATIC / "theme.js").read_bytes()


def test_all_of_the_style_comes_as_one_file(client: FlaskClient) -> None:
    answer = client.get(address("style.css"), headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert gzip.decompress(answer.data) == b"\n".join((STATIC / f"style/{name}.css").read_bytes() for name in STYLE)
    assert {path.stem for path in (STATIC / "style").iterdir()} == set(STYLE)
    assert len(STYLE) == len(set(STYLE))


def test_an_address_from_before_an_update_is_answered_and_not_kept(client: FlaskClient) -> None:
    answer = client.get("/static/000000000000/style.css")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "name",
    [
        "nothing.css",
        "../templates/base.html",
        "..%2fcsp.py",
        "vendor",
        "style/base.css",
        PLOTLY + ".gz",
        "..%2f..%2fscope.py",
    ],
)
def test_nothing_else_is_sent(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/0/{name}").status_code == 404


def test_the_compressed_bundle_is_the_bundle() -> None:
    assert gzip.decompress((STATIC / f"{PLOTLY}.gz").read_bytes()) == (STATIC / PLOTLY).read_bytes()


def test_the_bundle_is_the_one_that_the_figures_are_made_for() -> None:
    assert plotly.offline.get_plotlyjs_version() in PLOTLY
    assert f"v{plotly.offline.get_plotlyjs_version()}".encode() in (STATIC / PLOTLY).read_bytes()[:200]
    assert (STATIC / "vendor/LICENSE-plotly.txt").read_text().startswith("MIT License")
