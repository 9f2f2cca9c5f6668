"""What is ready to import asks for figures that there are, with labels that they have."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from collector import settings
from collector.receive.smtp.figures import Figures
from collector.store.engine import Engine
from dashboard.web import create_app
from tests.web import world

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"


def rules() -> list[str]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "deploy" / "grafana" / "dashboard.json").read_text())
    return found


def expressions() -> list[str]:
    asked = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    return [*rules(), *asked, *(each["query"] for each in dashboard()["templating"]["list"])]


def names(text: str) -> set[str]:
    return set(re.findall(r"tlsrpt_\w+", text))


def test_what_is_asked_for_exists(sqlite_engine: Engine) -> None:
    world.fill(sqlite_engine)
    told = create_app(settings.Settings(), sqlite_engine, now=lambda: world.NOW).test_client().get("/metrics").text
    listener = Figures().text().decode()
    # Of the spool only the mounts of `tlsrpt web` tell, of certificates a check, of the replica who has one: names will do.
    labels: dict[str, set[str]] = {name: set() for name in re.findall(r"^# HELP (tlsrpt_\w+)", told, re.MULTILINE)}
    labels |= {f"tlsrpt_spool_{name}": set() for name in ("files", "bytes", "set_aside")}
    labels["tlsrpt_replica_used"] = set()
    for family in (*text_string_to_metric_families(told), *text_string_to_metric_families(listener)):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    labels["tlsrpt_certificate_days_left"].add("domain")
    for expression in expressions():
        assert expression.count("(") == expression.count(")")
        assert names(expression)
        assert names(expression) <= set(labels), expression
        of = re.findall(r"(?:\b(?:by|ignoring|on)\s*\(|[{,])\s*([a-z]\w*)(?=!?=|\)|,)", expression)
        known = {label for name in names(expression) for label in labels[name]}
        assert set(of) <= {"instance", "domain", *known}, expression


def test_every_sign_to_watch_has_a_rule() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text().partition("## What to watch")[2]
    # In the first column only, and without what Prometheus appends to the name of a histogram.
    first = (row.partition("|")[2].partition(" | ")[0] for row in page.splitlines())
    signs, asked = names(" ".join(first)), {name.removesuffix("_bucket") for name in names(" ".join(rules()))}
    assert len(signs) > 8
    assert signs == asked


def test_the_dashboard_can_be_imported() -> None:
    """Grafana asks for the data source that `__inputs` declares, and puts it in wherever its name stands."""
    [source] = dashboard()["__inputs"]
    panels = dashboard()["panels"]
    wanted = {"type": source["pluginId"], "uid": f"${{{source['name']}}}"}
    asking = [*panels, *(target for panel in panels for target in panel["targets"]), *dashboard()["templating"]["list"]]
    assert [each.get("title", each) for each in asking if each["datasource"] != wanted] == []
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells


def test_the_rules_say_it_when_it_is_so_and_not_else(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is missing (apt install prometheus): rules are held to names and labels only")
    histories = tmp_path / "rules.yml"
    histories.write_text((Path(__file__).parent / "rules.yml").read_text().replace("ALERTS", str(ALERTS)))
    for command in (("check", "rules", ALERTS), ("test", "rules", histories)):
        done = subprocess.run([promtool, *command], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
