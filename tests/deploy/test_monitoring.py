"""What is ready to import asks for figures that there are, with labels that they have."""

import json
import re
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from collector import settings
from collector.receive.smtp.figures import Figures
from collector.store.engine import Engine
from dashboard.web import create_app
from tests.web import world

DEPLOY = Path(__file__).parents[2] / "deploy"


def expressions() -> list[str]:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
    dashboard: dict[str, Any] = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    asked += [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return asked + [each["query"] for each in dashboard["templating"]["list"]]


def test_what_is_asked_for_exists(sqlite_engine: Engine) -> None:
    world.fill(sqlite_engine)
    told = create_app(settings.Settings(), sqlite_engine, now=lambda: world.NOW).test_client().get("/metrics").text
    listener = Figures().text().decode()
    # Of the spool's figures only the mounts of `tlsrpt web` tell, and of certificates only a check: their names will do.
    labels: dict[str, set[str]] = {name: set() for name in re.findall(r"^# HELP (tlsrpt_\w+)", told, re.MULTILINE)}
    labels |= {f"tlsrpt_spool_{name}": set() for name in ("files", "bytes", "set_aside")}
    for family in (*text_string_to_metric_families(told), *text_string_to_metric_families(listener)):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    labels["tlsrpt_certificate_days_left"].add("domain")
    for expression in expressions():
        assert expression.count("(") == expression.count(")")
        names = re.findall(r"tlsrpt_\w+", expression)
        assert names
        assert set(names) <= set(labels), expression
        of = re.findall(r"(?:by|\{|,)\s*\(?(\w+)(?:=|\)|,)", expression)
        assert set(of) <= {"instance", "domain", *(label for name in names for label in labels[name])}, expression
