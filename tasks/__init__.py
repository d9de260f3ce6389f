"""What a task is: cards, sources, templates, metrics, splits, screening, built-in suites."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasks.binding import bind
    from tasks.cards import Card, card_schema, read_cards
    from tasks.example import Example
    from tasks.examples import Chosen, digest_of, place_of
    from tasks.metrics import METRICS, Judged, Metric, questions_of
    from tasks.names import nearest
    from tasks.placebo import shuffle_labels
    from tasks.pool import OnTask, Pool, UnknownTaskError, load_pool
    from tasks.problems import InputError
    from tasks.screening import (
        UNSEEN,
        Finding,
        Screened,
        check_pool,
        findings_lines,
        findings_markdown,
        screen,
        summary,
    )
    from tasks.splits import cut_validation
    from tasks.strict_yaml import YamlDocument, load_all_yaml, load_yaml, parse_yaml
    from tasks.task import Kind, Split, Task

__all__ = [
    "METRICS",
    "UNSEEN",
    "Card",
    "Chosen",
    "Example",
    "Finding",
    "InputError",
    "Judged",
    "Kind",
    "Metric",
    "OnTask",
    "Pool",
    "Screened",
    "Split",
    "Task",
    "UnknownTaskError",
    "YamlDocument",
    "bind",
    "card_schema",
    "check_pool",
    "cut_validation",
    "digest_of",
    "findings_lines",
    "findings_markdown",
    "load_all_yaml",
    "load_pool",
    "load_yaml",
    "nearest",
    "parse_yaml",
    "place_of",
    "questions_of",
    "read_cards",
    "screen",
    "shuffle_labels",
    "summary",
]

_MODULES = {
    "METRICS": "metrics",
    "UNSEEN": "screening",
    "Card": "cards",
    "Chosen": "examples",
    "Example": "example",
    "Finding": "screening",
    "InputError": "problems",
    "Judged": "metrics",
    "Kind": "task",
    "Metric": "metrics",
    "OnTask": "pool",
    "Pool": "pool",
    "Screened": "screening",
    "Split": "task",
    "Task": "task",
    "UnknownTaskError": "pool",
    "YamlDocument": "strict_yaml",
    "bind": "binding",
    "card_schema": "cards",
    "check_pool": "screening",
    "cut_validation": "splits",
    "digest_of": "examples",
    "findings_lines": "screening",
    "findings_markdown": "screening",
    "load_all_yaml": "strict_yaml",
    "load_pool": "pool",
    "load_yaml": "strict_yaml",
    "nearest": "names",
    "parse_yaml": "strict_yaml",
    "place_of": "examples",
    "questions_of": "metrics",
    "read_cards": "cards",
    "screen": "screening",
    "shuffle_labels": "placebo",
    "summary": "screening",
}


def __getattr__(name: str) -> object:
    # Late, so that reading a campaign file loads neither datasets nor scikit-learn.
    if name not in _MODULES:
        raise AttributeError(f"module 'tasks' has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f"tasks.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
