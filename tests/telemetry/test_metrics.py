"""Metrics: one table, closed labels, a page that agrees, a server on loopback."""

import urllib.request
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from agents.catalogue import DOMAINS as AGENTS
from infra.telemetry.carrying import CarryingMetrics, in_group
from infra.telemetry.domain_labels import REASONS
from infra.telemetry.metrics import DEFINITIONS, LABELS, Metrics
from infra.telemetry.page import page
from infra.telemetry.server import MetricsServer
from schemas.topics import DOMAINS
from streams.metrics import Metrics as CarryingProtocol

PAGE = Path(__file__).parents[2] / "infra" / "docs" / "metrics.md"


def scraped(metrics: Metrics) -> str:
    return generate_latest(metrics.registry).decode()


def test_the_page_lists_exactly_what_the_code_defines() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m infra.telemetry.page > infra/docs/metrics.md"


def test_every_label_has_a_closed_list_and_every_list_is_used() -> None:
    used = {name for definition in DEFINITIONS for name in definition.labels}
    assert used == set(LABELS)
    assert len({definition.name for definition in DEFINITIONS}) == len(DEFINITIONS)


def test_a_stranger_as_a_label_becomes_other_and_never_a_series() -> None:
    metrics = Metrics()
    carrying = CarryingMetrics(metrics)
    for number in range(1000):
        carrying.refused("meals", f"p-{number}")
    text = scraped(metrics)
    assert 'laoxiao_refused_total{domain="meals",reason="other"} 1000.0' in text
    assert "p-1" not in text


def test_what_the_carrying_reports_is_shown() -> None:
    metrics = Metrics()
    carrying: CarryingProtocol = CarryingMetrics(metrics)
    carrying.opened("meals", 0)
    carrying.accepted("meals")
    carrying.refused("meals", "no_capacity")
    carrying.decided("meals", 2, -0.5)
    carrying.set_aside("meals", "bad_json")
    carrying.gauges("meals", 0, {"open_cases": 3})
    carrying.gauges("meals", 1, {"open_cases": 4})
    carrying.lag("meals", 0, 7)
    carrying.in_group("meals", inside=True)
    carrying.alarm("meals", "owner_failed")
    text = scraped(metrics)
    assert 'laoxiao_refused_total{domain="meals",reason="no_capacity"} 1.0' in text
    assert 'laoxiao_decided_total{domain="meals"} 2.0' in text
    assert 'laoxiao_decision_seconds_sum{domain="meals"} 0.0' in text
    assert 'laoxiao_state{domain="meals",gauge="open_cases"} 7.0' in text
    assert 'laoxiao_events_lag_records{domain="meals",partition="0"} 7.0' in text
    assert 'laoxiao_worker_in_group{domain="meals"} 1.0' in text
    assert in_group(text)
    carrying.released("meals", 0)
    carrying.in_group("meals", inside=False)
    text = scraped(metrics)
    assert 'laoxiao_worker_in_group{domain="meals"} 0.0' in text
    assert not in_group(text)
    assert 'laoxiao_state{domain="meals",gauge="open_cases"} 4.0' in text
    assert 'laoxiao_events_lag_records{domain="meals",partition="0"}' not in text


def test_an_unknown_metric_is_an_error() -> None:
    with pytest.raises(KeyError):
        Metrics().named("laoxiao_guess")


def test_the_server_shows_the_registry_and_stops() -> None:
    with MetricsServer(Metrics(), 0) as server:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=5) as answer:
            assert b"laoxiao_decision_seconds" in answer.read()
        port = server.port
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5)


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_number_a_domain_counts_and_every_reason_it_gives_has_a_series_of_its_own(domain: str) -> None:
    agent = AGENTS[domain]
    assert set(agent.gauges(agent.blank("310106"))) <= set(LABELS["gauge"])
    assert set(REASONS[domain]) <= set(LABELS["reason"])
