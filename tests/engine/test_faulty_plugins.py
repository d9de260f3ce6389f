"""What Sextant says of a policy of somebody else's that is not what it should be."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from engine.campaign import plugins
from engine.campaign.plugins import PluginError, load_policy
from engine.cli import main

MODULE = """
import sys
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class NeedsList(Sound):
    needs = ["alignment"]


@dataclass(frozen=True)
class NeedsNone(Sound):
    needs = None


@dataclass(frozen=True)
class NeedsNumbers(Sound):
    needs = frozenset({1, "text"})


@dataclass(frozen=True)
class NeedsInVain(Sound):
    @property
    def needs(self):
        raise RuntimeError("no idea")


@dataclass(frozen=True)
class LosesItsKey(Sound):
    def __post_init__(self):
        raise KeyError("lost")


@dataclass(frozen=True)
class QuitsEarly(Sound):
    def __post_init__(self):
        sys.exit(0)


@dataclass(frozen=True)
class TypedInVain(Sound):
    k: "Nope" = 3


@dataclass(frozen=True)
class TakesArrays(Sound):
    start: np.ndarray = None


@dataclass(frozen=True)
class Defaults(Sound):
    k: int
    sizes: tuple = field(default_factory=lambda: (1, 2))
    found: dict = field(init=False, default_factory=dict)
    words: str = "[bold]"


ready = Sound()
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


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("NeedsList", "'needs' is ['alignment']; it has to be a frozenset"),
        ("NeedsNone", "'needs' is None; it has to be a frozenset"),
        ("NeedsNumbers", "it has to be a frozenset of signals' names"),
        ("NeedsInVain", "its 'needs' failed: RuntimeError: no idea"),
        ("LosesItsKey", "policy 'plugged:LosesItsKey': KeyError: 'lost'"),
        ("QuitsEarly", "policy 'plugged:QuitsEarly': SystemExit: 0"),
        ("TypedInVain", "type of an option: NameError: name 'Nope' is not defined"),
        ("ready", "it has to be a class"),
    ],
)
def test_what_is_wrong_with_a_policy_is_told_as_its_authors_mistake(
    policy: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in said_of(capsys, "check", f"plugged:{policy}")


def test_a_module_that_exits_when_imported_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "exiting.py").write_text("raise SystemExit(0)")
    assert "'exiting:Policy': SystemExit: 0" in said_of(capsys, "show", "exiting:Policy")


def test_an_option_that_no_campaign_file_can_hold_is_refused() -> None:
    with pytest.raises(PluginError, match=r"cannot set an option of type .*ndarray"):
        load_policy("plugged:TakesArrays", {"start": 3})


def test_an_installed_policy_that_cannot_be_imported_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = EntryPoint(name="broken", value="no_such_module:Policy", group="sextant.policies")
    monkeypatch.setattr(plugins, "entry_points", lambda group: [broken])
    told = said_of(capsys, "show", "broken")
    assert "Policy 'broken' (no_such_module:Policy): ModuleNotFoundError" in told


def test_options_are_shown_with_the_defaults_that_they_have(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["policies", "show", "plugged:Defaults"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["k", "int", "required"] in rows
    assert ["sizes", "tuple", "(1,", "2)"] in rows
    assert ["words", "str", "'[bold]'"] in rows
    assert not any(row[:1] == ["found"] for row in rows)
