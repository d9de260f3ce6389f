"""The example of docs/writing-a-policy.md is a policy that passes every check."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from engine.cli import main

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


def test_a_policy_is_shown_with_the_choices_of_its_options(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["policies", "show", "gaussian-process"]) == 0
    (options,) = (line for line in capsys.readouterr().out.splitlines() if "shortlist_by" in line)
    assert "'alignment' | 'descent'" in options and "Literal" not in options
    assert main(["policies", "show", "target-only"]) == 0
