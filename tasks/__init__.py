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
        findings_summary,
        screen,
    )
    from tasks.splits import cut_validation
    from tasks.strict_yaml import YamlDocument, load_all_yaml, load_yaml, parse_yaml
    from tasks.task import Kind, Split, Task
    from tasks.user_cache import (
        cache_folder,
        mark_used,
        remove_unused,
        warn_unwritable,
        written_whole,
    )

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
    "cache_folder",
    "card_schema",
    "check_pool",
    "cut_validation",
    "digest_of",
    "findings_lines",
    "findings_markdown",
    "findings_summary",
    "load_all_yaml",
    "load_pool",
    "load_yaml",
    "mark_used",
    "nearest",
    "parse_yaml",
    "place_of",
    "questions_of",
    "read_cards",
    "remove_unused",
    "screen",
    "shuffle_labels",
    "warn_unwritable",
    "written_whole",
]

_MODULES = {
    "Card": "cards",
    "Chosen": "examples",
    "Example": "example",
    "Finding": "screening",
    "InputError": "problems",
    "Judged": "metrics",
    "Kind": "task",
    "METRICS": "metrics",
    "Metric": "metrics",
    "OnTask": "pool",
    "Pool": "pool",
    "Screened": "screening",
    "Split": "task",
    "Task": "task",
    "UNSEEN": "screening",
    "UnknownTaskError": "pool",
    "YamlDocument": "strict_yaml",
    "bind": "binding",
    "cache_folder": "user_cache",
    "card_schema": "cards",
    "check_pool": "screening",
    "cut_validation": "splits",
    "digest_of": "examples",
    "findings_lines": "screening",
    "findings_markdown": "screening",
    "findings_summary": "screening",
    "load_all_yaml": "strict_yaml",
    "load_pool": "pool",
    "load_yaml": "strict_yaml",
    "mark_used": "user_cache",
    "nearest": "names",
    "parse_yaml": "strict_yaml",
    "place_of": "examples",
    "questions_of": "metrics",
    "read_cards": "cards",
    "remove_unused": "user_cache",
    "screen": "screening",
    "shuffle_labels": "placebo",
    "warn_unwritable": "user_cache",
    "written_whole": "user_cache",
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
