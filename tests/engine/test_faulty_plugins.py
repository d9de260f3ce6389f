"""What Sextant says of a policy of somebody else's that is not what it should be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.cli import main

MODULE = """
from dataclasses import InitVar, dataclass, field

import numpy as np

from policies import Proposal


@dataclass(frozen=True)
class Sound:
    @property
    def needs(self):
        return frozenset()

    def propose(self, view, rng):
        return [Proposal(mixture={}, reason="the target alone")]


@dataclass(frozen=True)
class Exits(Sound):
    def propose(self, view, rng):
        raise SystemExit(0)
"""


@pytest.fixture(autouse=True)
def in_folder_with_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plugged.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "plugged", raising=False)


def said_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The message about a mistake of the user's."""
    assert main(["policies", *arguments]) == 2
    told = capsys.readouterr().err
    assert "Traceback" not in told and "defect of Sextant" not in told
    return told


def test_a_policy_that_exits_passes_no_check_by_it(capsys: pytest.CaptureFixture[str]) -> None:
    told = said_of(capsys, "check", "plugged:Exits")
    assert "answers are valid: SystemExit: 0" in told
