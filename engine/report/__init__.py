"""A campaign as a page that a person can read, show and keep."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.report.mixture_file import mixture_json
    from engine.report.writing import write_report

__all__ = ["mixture_json", "write_report"]


def __getattr__(name: str) -> Any:
    homes = {"mixture_json": "mixture_file", "write_report": "writing"}
    if name not in homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{homes[name]}"), name)
