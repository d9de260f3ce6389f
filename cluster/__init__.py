"""Where work runs: jobs on Ray workers. Ray itself is imported with the executor, not before."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cluster.executor import RayExecutor as RayExecutor

_HOMES = {"RayExecutor": "executor"}

__all__ = ["RayExecutor"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
