"""What a task is: cards, sources, templates, metrics, splits, screening, built-in suites."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasks.binding import bind
    from tasks.card import Card, read_cards
    from tasks.example import Example
    from tasks.metrics import METRICS
    from tasks.names import nearest
    from tasks.placebo import shuffle_labels
    from tasks.pool import Pool, UnknownTaskError, load_pool
    from tasks.problems import InputError
    from tasks.screening import Screened, screen
    from tasks.splits import cut_validation
    from tasks.strict_yaml import YamlDocument, load_all_yaml, load_yaml, parse_yaml
    from tasks.task import Kind, Split, Task

__all__ = [
    "METRICS",
    "Card",
    "Example",
    "InputError",
    "Kind",
    "Pool",
    "Screened",
    "Split",
    "Task",
    "UnknownTaskError",
    "YamlDocument",
    "bind",
    "cut_validation",
    "load_all_yaml",
    "load_pool",
    "load_yaml",
    "nearest",
    "parse_yaml",
    "read_cards",
    "screen",
    "shuffle_labels",
]

_MODULES = {
    "METRICS": "metrics",
    "Card": "card",
    "Example": "example",
    "InputError": "problems",
    "Kind": "task",
    "Pool": "pool",
    "Screened": "screening",
    "Split": "task",
    "Task": "task",
    "UnknownTaskError": "pool",
    "YamlDocument": "strict_yaml",
    "bind": "binding",
    "cut_validation": "splits",
    "load_all_yaml": "strict_yaml",
    "load_pool": "pool",
    "load_yaml": "strict_yaml",
    "nearest": "names",
    "parse_yaml": "strict_yaml",
    "read_cards": "card",
    "screen": "screening",
    "shuffle_labels": "placebo",
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
