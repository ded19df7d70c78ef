"""The page's words: both languages whole, every code of the schemas covered; nothing from elsewhere, nothing as markup."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from schemas.beds_reasons import BedsReason, BedsRule
from schemas.childcare_reasons import ChildcareReason, ChildcareRule
from schemas.codec import Rejected
from schemas.decisions import CoreReason
from schemas.emergency import CallChannel, CallOutcome, Desk, Severity
from schemas.emergency_reasons import EmergencyReason, EmergencyRule, Review, Shortfall
from schemas.facts import FACTS, TaskKind
from schemas.meals import Meal, MealsReason, MealsRule, ProviderKind, Service
from schemas.registry import DOMAIN_EVENTS, known_types
from schemas.topics import DOMAINS

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "infra" / "gateway" / "static"


FILES = sorted(path for path in STATIC.rglob("*") if path.is_file())


def strings() -> dict[str, dict[str, str]]:
    """Both tables, the shared words and each domain's, read from the scripts as they are served."""
    tables: dict[str, dict[str, str]] = {}
    for language in ("zh", "en"):
        found: list[tuple[str, str]] = []
        for path in sorted((STATIC / "words").glob(f"*_{language}.js")):
            script = path.read_text(encoding="utf-8")
            (block,) = re.findall(rf"^export const {language} = \{{\n(.*?)^\}};$", script, re.M | re.S)
            lines = [line for line in block.splitlines() if line.strip()]
            pairs = [re.fullmatch(r'  "([^"]+)": "([^"]+)",', line) for line in lines]
            assert all(pairs), [line for line, pair in zip(lines, pairs, strict=True) if not pair]
            found += [(pair[1], pair[2]) for pair in pairs if pair]
        assert len(dict(found)) == len(found), "a key twice"
        tables[language] = dict(found)
    return tables


def test_every_file_of_words_and_panels_is_served_and_used() -> None:
    merged = (STATIC / "strings.js").read_text(encoding="utf-8")
    assert [path.name for path in (STATIC / "words").iterdir() if f"./words/{path.name}" not in merged] == []
    panels = (STATIC / "domains" / "registry.js").read_text(encoding="utf-8")
    assert [domain for domain in DOMAINS if f"./{domain}.js" not in panels] == []


def test_both_languages_have_the_same_keys_and_the_same_blanks() -> None:
    tables = strings()
    assert set(tables) == {"zh", "en"}
    assert set(tables["zh"]) == set(tables["en"])
    for key, text in tables["zh"].items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", tables["en"][key])), key


@pytest.mark.parametrize(
    ("prefix", "codes"),
    [
        ("reason", CoreReason),
        ("rejected", Rejected),
        ("reason", MealsReason),
        ("rule", MealsRule),
        ("task", TaskKind),
        ("meal", Meal),
        ("service", Service),
        ("kind", ProviderKind),
        ("reason", EmergencyReason),
        ("rule", EmergencyRule),
        ("short", Shortfall),
        ("review", Review),
        ("severity", Severity),
        ("signal", CallChannel),
        ("desk", Desk),
        ("outcome_of", CallOutcome),
        ("reason", BedsReason),
        ("rule", BedsRule),
        ("reason", ChildcareReason),
        ("rule", ChildcareRule),
    ],
)
def test_every_code_has_its_words(prefix: str, codes: type[StrEnum]) -> None:
    words = strings()["zh"]
    assert [code for code in codes if f"{prefix}.{code}" not in words] == []


def test_every_event_type_has_its_words() -> None:
    words = strings()["zh"]
    assert [name for name in known_types() if f"event.{name}" not in words] == []


def test_every_key_the_page_uses_exists() -> None:
    words = strings()["zh"]
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        used = set(re.findall(r'data-(?:t|title|label|placeholder)="([^"]+)"', text)) | set(re.findall(r'\bt\("([a-z_.]+)"', text))
        assert used - set(words) == set(), path.name


def test_nothing_comes_from_elsewhere_and_nothing_a_client_sent_becomes_markup() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        elsewhere = set(re.findall(r"https?://[^\s\"']+", text)) - {"http://www.w3.org/2000/svg"}
        assert elsewhere == set(), path.name
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "style="):
            assert way not in text, f"{way} in {path.name}"


def test_every_fact_a_decision_can_hold_has_its_words() -> None:
    words = strings()["zh"]
    shown = {*DOMAINS, "policy", "task", "case"}
    assert [name for name in FACTS if name.split(".")[0] in shown and f"fact.{name}" not in words] == []


def test_every_rule_that_an_explanation_names_has_its_words() -> None:
    waiting = DOMAIN_EVENTS.keys() - set(DOMAINS)
    """Domains not switched on yet have no screen."""
    paths = [path for path in sorted((ROOT / "agents").rglob("*.py")) if not waiting & set(path.relative_to(ROOT).parts)]
    source = "".join(path.read_text(encoding="utf-8") for path in paths)
    words = strings()["zh"]
    named = set(re.findall(r'because\(\s*"([a-z_]+)"', source))
    assert len(named) > 10, "the rules are named where they are applied"
    assert sorted(name for name in named if f"rule.{name}" not in words) == []
