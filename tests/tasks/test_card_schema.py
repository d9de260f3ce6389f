"""The schema by which editors complete cards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.cards import card_schema
from tasks.strict_yaml import YamlDocument, load_all_yaml, parse_yaml

jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema, which Ray brings along")

ROOT = Path(__file__).parents[2]
CARD = """\
name: nli
family: inference
kind: labels
metric: accuracy
source: {hub: someone/nli, splits: {train: train, validation: dev}}
template: {text: premise, pair: "Claim: {claim}"}
label: gold
labels: {-1: no, 1: yes}
max_rows: {train: 4000}
"""


def problems(card: dict[str, Any]) -> list[str]:
    validator = jsonschema.Draft202012Validator(card_schema())
    return [
        ".".join(map(str, error.absolute_path)) + ": " + error.message
        for error in validator.iter_errors(card)
    ]


def parsed(text: str) -> dict[str, Any]:
    return parse_yaml(text, file="x.yaml")[0].data


def example_cards() -> Iterator[YamlDocument]:
    for folder in ("examples", "tasks"):
        for path in sorted((ROOT / folder).rglob("*.yaml")):
            yield from (document for document in load_all_yaml(path) if "label" in document.data)


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from nodes(value)


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(card_schema())


def test_every_key_is_described() -> None:
    described = 0
    for node in nodes(card_schema()):
        for key, value in node.get("properties", {}).items():
            if isinstance(value, dict):
                assert len(value.get("description", "")) > 15, key
                described += 1
    assert described > 25


def test_every_example_card_is_valid() -> None:
    cards = list(example_cards())
    for card in cards:
        assert problems(card.data) == [], card.file
    assert len(cards) > 10


def test_a_good_card_is_valid() -> None:
    assert problems(parsed(CARD)) == []
    assert problems(parsed(CARD.replace("{-1: no, 1: yes}", "[no, yes]"))) == []
    assert problems(parsed(CARD.replace("{-1: no, 1: yes}", "inferred"))) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("kind: labels", "kind: label", "kind: 'label' is not one of"),
        ("metric: accuracy", "metric: acuracy", "metric: 'acuracy' is not one of"),
        ("label: gold", "lable: gold", ": 'label' is a required property"),
        ("label: gold", "label: [gold]", "label: ['gold'] is not of type 'string'"),
        ("{train: 4000}", "{train: 1}", "max_rows.train: 1 "),
        ("{train: 4000}", "{trian: 40}", "max_rows: Additional properties are not allowed"),
        ("text: premise", "text: ''", "template.text: '' should be non-empty"),
        ("{-1: no, 1: yes}", "3", "labels: 3 is not valid under any"),
    ],
)
def test_a_wrong_card_is_not_valid(old: str, new: str, problem: str) -> None:
    assert problem in "\n".join(problems(parsed(CARD.replace(old, new))))
