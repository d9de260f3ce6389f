"""`sextant report DIR`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from engine.report import write_report


def report_folder(folder: Path) -> None:
    """Write a run's report and print its path."""
    Console().print(str(write_report(folder)), soft_wrap=True, markup=False, highlight=False)
