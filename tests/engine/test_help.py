"""What `--help` shows in a narrow terminal."""

from __future__ import annotations

import pytest

from engine.cli import main

COMMANDS = [
    *(["run"], ["measure"], ["compare"], ["replay"], ["report"]),
    *(["tasks", name] for name in ("list", "show", "check", "schema")),
    *(["policies", name] for name in ("list", "show", "check")),
    *(["evidence", name] for name in ("list", "merge", "export")),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_option_is_shown_in_full_at_80_columns(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*command, "--help"]) == 0
    told = capsys.readouterr().out
    assert "--help" in told and "\u2026" not in told


@pytest.mark.parametrize("command", ["run", "measure", "compare"])
def test_the_help_of_set_says_that_it_may_be_repeated(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main([command, "--help"]) == 0
    assert "may be given several times" in capsys.readouterr().out
