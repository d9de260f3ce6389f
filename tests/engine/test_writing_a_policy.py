"""The example of docs/writing-a-policy.md is a policy that passes every check."""

from __future__ import annotations

import re
import sys
from dataclasses import make_dataclass
from pathlib import Path

import pytest

from engine.cli import main
from engine.cli.field_docs import field_docs

PAGE = Path(__file__).parents[2] / "docs" / "writing-a-policy.md"


def test_the_documented_policy_passes_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert code
    (tmp_path / "greedy.py").write_text(code.group(1))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert main(["policies", "check", "greedy:Greedy"]) == 0, capsys.readouterr().err
    capsys.readouterr()
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["policies", "show", "greedy:Greedy"]) == 0
    assert "Alignment below which a candidate is not worth a branch." in capsys.readouterr().out


def test_a_policy_is_shown_with_the_choices_of_its_options(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["policies", "show", "gaussian-process"]) == 0
    (options,) = (line for line in capsys.readouterr().out.splitlines() if "shortlist_by" in line)
    assert "'alignment' | 'descent'" in options and "Literal" not in options
    assert main(["policies", "show", "target-only"]) == 0


def test_the_options_of_a_policy_are_shown_with_what_is_written_under_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert main(["policies", "show", "navigator"]) == 0
    (row,) = (line for line in capsys.readouterr().out.splitlines() if "drift" in line)
    assert "How far effects wander in a round" in row


def test_a_class_without_source_has_nothing_under_its_fields() -> None:
    assert field_docs(make_dataclass("Made", [("k", int)])) == {}
