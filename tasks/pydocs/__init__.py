"""The embedded default suite: tasks mined from the documented source of the installed packages."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasks.pydocs.suite import load_suite

__all__ = ["load_suite"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'tasks.pydocs' has no attribute {name!r}")
    value: object = getattr(importlib.import_module("tasks.pydocs.suite"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
