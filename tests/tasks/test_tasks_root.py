"""The package root: complete, sorted, and light until something heavy is asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tasks

HEAVY = ("torch", "transformers", "datasets", "ray", "sklearn", "scipy")


def test_every_exported_name_resolves() -> None:
    for name in tasks.__all__:
        assert getattr(tasks, name) is not None


def test_the_exported_names_are_sorted_constants_then_classes_then_functions() -> None:
    def order(name: str) -> tuple[bool, bool, str]:
        return not name.isupper(), name[0].islower(), name

    assert tasks.__all__ == sorted(set(tasks.__all__), key=order)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Tsak'"):
        _ = tasks.Tsak


def test_reading_a_campaign_file_and_cards_loads_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("name: a\ntarget: t\nbudget_tokens: 10\n", encoding="utf-8")
    (tmp_path / "card.yaml").write_text(
        "name: a\nfamily: f\nkind: score\nmetric: pearson\nlabel: y\ntemplate: {text: x}\n"
        "source: {files: {train: a.jsonl}}\n",
        encoding="utf-8",
    )
    program = f"""
import sys
from pathlib import Path
import tasks
from engine.campaign.spec import Campaign
folder = Path({str(tmp_path)!r})
tasks.bind(Campaign, tasks.load_yaml(folder / "x.yaml"))
tasks.read_cards(folder / "card.yaml")
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr
