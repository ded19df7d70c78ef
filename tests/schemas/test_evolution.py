"""Which changes of a word are allowed, each shown on the schema of a placed order."""

import copy
import json
from typing import Any

import pytest

from schemas.evolution import breaking_changes
from schemas.export import facts
from tests.schemas.freeze import FROZEN, HOW, example_of, refused_changes
from tests.schemas.test_frozen import FACTS

ORDER: dict[str, Any] = json.loads((FROZEN / "events" / "meals.order.placed.v1.json").read_text("utf-8"))


def changed(path: str, value: Any) -> dict[str, Any]:
    """The order's schema with one place set, or removed when the value is None."""
    document = copy.deepcopy(ORDER)
    *parents, last = path.split("/")
    place = document["$defs"]["OrderPlaced"]
    for part in parents:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


ALLOWED = {
    "new optional field": changed("properties/floor", {"type": "integer", "default": 1}),
    "wider bound": changed("properties/portions/maximum", 60),
    "dropped bound": changed("properties/portions/maximum", None),
    "other description": changed("description", "Other words."),
    "field no longer required": changed("required", ["person_id"]),
}
BREAKING = {
    "new required field": (changed("required", [*ORDER["$defs"]["OrderPlaced"]["required"], "age"]), "/data: age is now required"),
    "removed field": (changed("properties/age", None), "/data/age: removed"),
    "other type": (changed("properties/portions/type", "string"), "/data/portions: type changed"),
    "narrower bound": (changed("properties/portions/maximum", 10), "/data/portions: maximum is narrower"),
    "new bound": (changed("properties/portions/multipleOf", 2), "/data/portions: multipleOf changed"),
    "other pattern": (changed("properties/order_id/pattern", "^[a-z]$"), "/data/order_id: pattern changed"),
    "other default": (changed("properties/diets/default", ["soft"]), "/data/diets: default changed"),
    "null no longer taken": (changed("properties/age/anyOf", [{"type": "integer"}]), "/data/age/anyOf/1: no longer taken"),
    "narrower items": (changed("properties/diets/items/pattern", "^soft$"), "/data/diets/items: pattern changed"),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_an_allowed_change_is_found_harmless(name: str) -> None:
    assert ALLOWED[name] != ORDER
    assert breaking_changes(ORDER, ALLOWED[name]) == []


@pytest.mark.parametrize("name", BREAKING)
def test_a_breaking_change_is_named(name: str) -> None:
    document, finding = BREAKING[name]
    assert finding in breaking_changes(ORDER, document)


def test_a_narrower_enum_is_breaking_and_a_wider_one_is_not() -> None:
    narrow = copy.deepcopy(ORDER)
    narrow["$defs"]["Meal"]["enum"].pop()
    assert breaking_changes(ORDER, narrow) == ["/data/meal: enum is narrower"]
    assert breaking_changes(narrow, ORDER) == []


def test_a_class_may_be_renamed() -> None:
    renamed = json.loads(json.dumps(ORDER).replace("OrderPlaced", "PlacedOrder"))
    assert renamed != ORDER
    assert breaking_changes(ORDER, renamed) == []


def test_a_removed_type_is_refused_and_the_way_out_is_told() -> None:
    path = "events/meals.order.placed.v1.json"
    assert refused_changes({path: ORDER}, {}) == [f"{path}: removed"]
    assert "next major version" in HOW
    assert "optional* field" in HOW


def test_examples_of_facts_are_made_from_their_fields() -> None:
    for name, fact in facts().items():
        made = example_of(fact)
        assert made["type"] == name
        assert made["data"].keys() >= FACTS[name]["data"].keys()
