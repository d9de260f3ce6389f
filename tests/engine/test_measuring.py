"""`sextant measure` in a folder that holds something already: what is reused, and what is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from campaign_here import run_here
from small_campaign import write_small_campaign

from engine.campaign import measuring, readings, schedule
from engine.campaign.campaign_file import check_campaign, read_campaign
from engine.campaign.measuring import Measured, measure_signals
from engine.campaign.opening import OpenCampaign, open_campaign
from engine.campaign.readings import gather
from engine.campaign.run import Run
from engine.campaign.run_folder import RunFolder
from engine.campaign.signal_files import write_signals
from engine.cli import main
from engine.ledger.ledger import read_ledger
from engine.ledger.records import Completed, Record, Withdrawn
from engine.ledger.state import after, fold
from engine.signals.over_rounds import over_rounds
from engine.signals.readings import Readings, only
from engine.signals.sources import IN_ONE_ROUND


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_small_campaign(tmp_path / "campaign")


@contextmanager
def opened(file: Path, out: Path) -> Iterator[OpenCampaign]:
    with open_campaign(check_campaign(*read_campaign(file)), RunFolder.prepare(out)) as campaign:
        yield campaign


def measured(file: Path, out: Path, *signals: str) -> Measured:
    with opened(file, out) as campaign:
        return measure_signals(campaign.run, campaign.ledger.records, signals)


def test_a_task_withdrawn_after_it_was_measured_leaves_the_others_their_numbers(
    file: Path, tmp_path: Path
) -> None:
    before = measured(file, tmp_path / "out", "loss").readings
    with opened(file, tmp_path / "out") as campaign:
        run = replace(campaign.run, signals=frozenset({"loss"}))
        state = after(fold(campaign.ledger.records), Withdrawn(task="kin", reason="its data"))
        now = gather(run, state, 0)
    place = {name: row for row, name in enumerate(before.candidates)}
    assert "kin" in place and set(now.candidates) == set(place) - {"kin"}
    expected = before.scores["loss"]["mood"][[place[name] for name in now.candidates]]
    np.testing.assert_array_equal(now.scores["loss"]["mood"], expected)


class Killed(BaseException):
    """In place of a SIGKILL."""


def _until_one_job_measured(run: Run) -> Run:
    """Dies as soon as the first measuring job is on record."""

    def append(record: Record) -> None:
        run.append(record)
        if isinstance(record, Completed) and "measure" in record.job:
            raise Killed

    return replace(run, append=append)


@pytest.fixture
def partly(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where one of two jobs measured lookahead and centroid."""
    monkeypatch.setattr(schedule, "MEASURED_TOGETHER", 2)
    with opened(file, tmp_path / "out") as campaign, pytest.raises(Killed):
        run = _until_one_job_measured(campaign.run)
        measure_signals(run, campaign.ledger.records, {"lookahead", "centroid"})
    return tmp_path / "out"


def test_a_measuring_that_was_killed_goes_on_with_the_signals_that_it_began_with(
    file: Path, partly: Path
) -> None:
    whole = measured(file, partly.parent / "whole", "lookahead", "centroid").readings
    measured(file, partly)
    now = measured(file, partly, "lookahead", "centroid").readings
    for signal in ("lookahead", "centroid"):
        np.testing.assert_array_equal(now.scores[signal]["mood"], whole.scores[signal]["mood"])


def test_a_campaign_goes_on_where_a_measuring_with_more_signals_was_killed(
    file: Path, partly: Path
) -> None:
    state, _ = run_here(file, partly)
    assert state.finished


def test_signals_that_a_folder_went_on_without_are_refused_before_anything_is_written(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["measure", str(file), "--out", str(out)]
    assert main(command) == 0
    assert "not measured" not in capsys.readouterr().out
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert main([*command, "--signals", "lookahead,text"]) == 2
    told = capsys.readouterr()
    assert "already measured, without lookahead (affinity, alignment" in told.err
    assert "another --out" in told.err and told.out == ""
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert main([*command, "--signals", "text"]) == 0


def test_data_maps_are_refused_once_a_warm_up_went_without(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["measure", str(file), "--out", str(tmp_path / "out"), "--signals"]
    assert main([*command, "affinity"]) == 0
    assert main([*command, "confidence,affinity"]) == 2
    assert "already measured, without confidence" in capsys.readouterr().err


def test_the_help_of_measure_names_the_signals_and_what_is_left_out_by_default(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["measure", "--help"]) == 0
    words = " ".join(capsys.readouterr().out.replace("\u2502", " ").split())
    for signal in IN_ONE_ROUND:
        assert signal in words
    assert "default: all but lookahead." in words
    assert "excess" not in words


def test_a_budget_that_pays_no_measuring_is_said_with_the_signals_that_it_kept_away(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["measure", str(file), "--out", str(tmp_path / "out")]
    small = ["--set", "budget_tokens=4000"]
    assert main([*command, *small]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "not measured" in line]
    assert "alignment" in line and "text" in line and "affinity" not in line
    assert "budget_tokens 4000" in line
    assert main([*command, *small, "--signals", "loss"]) == 2
    assert main([*command, "--signals", "alignment"]) == 0


def test_measuring_in_the_folder_of_a_finished_campaign_trains_nothing(
    file: Path, tmp_path: Path
) -> None:
    _, records = run_here(file, tmp_path / "out")
    found = measured(file, tmp_path / "out", "lookahead", "affinity")
    assert found.missing[0].startswith("not measured: lookahead:")
    assert "affinity" in found.readings.scores
    assert len(read_ledger(tmp_path / "out" / "ledger.jsonl")) == len(records) + 1  # resumed


@pytest.mark.parametrize("signal", ["excess", "progress"])
def test_signals_that_compare_rounds_are_refused_before_anything_is_measured(
    signal: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["measure", str(file), "--out", str(out), "--signals", f"loss,{signal}"]) == 2
    said = capsys.readouterr().err
    assert f"'{signal}' compares the losses of several rounds" in said and "leave it out" in said
    assert not out.exists()


def test_of_very_many_tasks_affinities_are_told_with_the_targets_alone(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "MOST_PAIRS", 3)
    found = measured(file, tmp_path / "out", "affinity")
    assert found.affinity_KK is None
    assert -1 <= found.affinity_reliability <= 1
    assert np.isfinite(found.readings.scores["affinity"]["mood"]).any()
    written = write_signals(replace(found, readings=only(found.readings, {"affinity"})), tmp_path)
    assert [path.name for path in written] == ["signals.parquet", "signals.png", "signals.md"]


def test_of_earlier_rounds_only_the_losses_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[Readings] = []

    def watched(now: Readings, earlier: Sequence[Readings]) -> Readings:
        held.extend(earlier)
        return over_rounds(now, earlier)

    monkeypatch.setattr(readings, "over_rounds", watched)
    policy = {"name": "curious_policy:Curious", "options": {"only": ["progress", "similarity"]}}
    run_here(write_small_campaign(tmp_path / "campaign", policy=policy), tmp_path / "out")
    assert len(held) == 1
    assert set(held[0].scores) == {"loss"} and held[0].sketches is None
