"""What the real client writes, offline, and what becomes of a campaign when W&B is broken."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from example_ledger import CANDIDATES, TARGET, example_events, example_records

from engine.signals.readings import Readings
from engine.tracking import RoundClosed, open_reporters
from engine.tracking import wandb as wandb_module
from engine.tracking.events import Event
from engine.tracking.scores import MOST_SCORED, told_scores
from engine.tracking.wandb import WandbReporter
from engine.tracking.wandb_process import NAMESPACES
from engine.tracking.wandb_rows import round_row

PATIENCE_S = 9.0


@pytest.fixture(autouse=True)
def _no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, and nothing written outside the test's folder."""
    for name in tuple(os.environ):
        if name.startswith("WANDB_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("DATA", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"WANDB_{name}_DIR", str(tmp_path / "home" / name))


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(50)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def _tell(folder: Path, events: Sequence[Event]) -> list[str]:
    """Report events, close, and return what W&B said."""
    folder.mkdir(exist_ok=True)
    said: list[str] = []
    reporter = WandbReporter(folder, say=said.append, patience_s=30)
    for event in events:
        reporter.report(event)
    reporter.close()
    reporter.close()
    return said


def _records(run: Path) -> list[dict[str, Any]]:
    wandb = Path(sys.executable).with_name("wandb")
    done = subprocess.run(
        [str(wandb), "leet", "inspect", "--json", str(run)],
        capture_output=True,
        check=True,
        timeout=60,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def _history(run: Path) -> list[dict[str, Any]]:
    return [record["history"]["item"] for record in _records(run) if "history" in record]


def _glob(record: dict[str, Any]) -> bool:
    return "glob_name" in record.get("metric", {})


def _runs(folder: Path) -> list[Path]:
    return sorted((folder / "wandb").glob("offline-run-*"))


def test_a_campaign_is_one_offline_run_with_rounds_table_and_artifact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    folder = tmp_path / "run"
    assert _tell(folder, example_events()) == []
    (run,) = _runs(folder)
    assert run.name.endswith("-7f3a9c1e5b2d4860")
    rows = [row for row in _history(run) if "round" in row]
    assert [row["round"] for row in rows] == [1, 2, 3, 4]
    assert rows[0][f"mix/{CANDIDATES[0]}"] == 0.5
    assert rows[0][f"mix/{CANDIDATES[-1]}"] == 0.0
    assert rows[0]["gain/p1_se"] == 0.0041
    records = _records(run)
    artifacts = [record["artifact"] for record in records if "artifact" in record]
    (mixture,) = [one for one in artifacts if one["type"] == "mixture"]
    assert mixture["name"] == "mixture-7f3a9c1e5b2d4860"
    axes = {r["metric"]["glob_name"]: r["metric"]["step_metric"] for r in records if _glob(r)}
    assert axes == {f"{name}/*": "round" for name in NAMESPACES}
    assert records[-1]["exit"]["exit_code"] == 0
    assert list(run.glob("files/media/table/arms_*.table.json"))
    assert not list(run.glob("files/requirements.txt"))


def test_without_credentials_the_run_is_kept_offline_and_one_notice_says_where(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    (notice,) = _tell(folder, example_events())
    assert "no credentials" in notice
    (run,) = _runs(folder)
    assert f"wandb sync {run}" in notice
    assert len(_history(run)) >= 4


def test_a_resumed_campaign_sends_only_new_rounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    folder = tmp_path / "run"
    events = example_events()
    third = [i for i, event in enumerate(events) if isinstance(event, RoundClosed)][2]
    _tell(folder, events[:third])
    time.sleep(1.1)  # Run folders are named by the second.
    _tell(folder, events)
    first, second = _runs(folder)
    assert [row["round"] for row in _history(first) if "round" in row] == [1, 2]
    assert [row["round"] for row in _history(second) if "round" in row] == [3, 4]


def _assert_bounded(folder: Path, events: Sequence[Event], *, patience_s: float) -> str:
    """W&B is broken: reporting is instant, closing bounded, and one notice says what happened."""
    started = time.monotonic()
    said: list[str] = []
    folder.mkdir()
    reporter = WandbReporter(folder, say=said.append, patience_s=patience_s, init_timeout_s=2)
    for event in events:
        reporter.report(event)
    assert time.monotonic() - started < 1.0
    reporter.close()
    assert time.monotonic() - started < patience_s + 2.0
    assert reporter._process is not None and reporter._process.poll() is not None
    (notice,) = said
    return notice


def test_a_refused_port_costs_seconds_and_keeps_the_rounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
    monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
    assert "cannot be reached" in _assert_bounded(tmp_path / "run", example_events(), patience_s=30)
    (run,) = _runs(tmp_path / "run")
    assert [row["round"] for row in _history(run) if "round" in row] == [1, 2, 3, 4]


def test_a_silent_server_costs_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent_server: str
) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", silent_server)
    monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
    notice = _assert_bounded(tmp_path / "run", example_events(), patience_s=1.5)
    assert "did not finish within 1.5 s and was ended" in notice


def test_a_killed_service_is_told_once_and_the_campaign_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    said: list[str] = []
    reporter = WandbReporter(tmp_path, say=said.append, patience_s=PATIENCE_S)
    events = example_events()
    first = next(i for i, event in enumerate(events) if isinstance(event, RoundClosed)) + 1
    for event in events[:first]:
        reporter.report(event)
    os.kill(_service(reporter), signal.SIGKILL)
    for event in events[first:]:
        reporter.report(event)
    started = time.monotonic()
    reporter.close()
    assert time.monotonic() - started < PATIENCE_S + 1.0
    (notice,) = said
    assert "is switched off" in notice


def _service(reporter: WandbReporter) -> int:
    """The process that W&B started, once it has logged a round."""
    assert reporter._process is not None
    pid = reporter._process.pid
    for _ in range(200):
        time.sleep(0.05)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children and (reporter._folder / "wandb" / "last-round").is_file():
            return int(children[0])
    raise AssertionError("W&B started no service")


def test_a_process_that_dies_at_once_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    said: list[str] = []
    reporter = WandbReporter(tmp_path, say=said.append, patience_s=PATIENCE_S)
    reporter.report(example_events()[0])
    assert reporter._process is not None
    reporter._process.wait(10)
    for event in example_events():
        reporter.report(event)
    deadline = time.monotonic() + 5
    while not said and time.monotonic() < deadline:
        time.sleep(0.01)
    reporter.close()
    assert said == ["W&B's process ended and is switched off; the ledger has everything."]


def test_a_campaign_without_events_starts_no_process(tmp_path: Path) -> None:
    reporter = open_reporters(["wandb"], tmp_path)
    reporter.close()
    assert list(tmp_path.iterdir()) == []


def test_a_full_queue_drops_and_never_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wandb_module, "CAPACITY", 1)
    reporter = WandbReporter(tmp_path, say=lambda _: None, patience_s=0.5)
    started = time.monotonic()
    for event in example_events() * 20:
        reporter.report(event)
    assert reporter._dropped > 0
    assert time.monotonic() - started < 2.0
    reporter.close()
    assert time.monotonic() - started < 4.0


def _first_round() -> RoundClosed:
    return next(event for event in example_events() if isinstance(event, RoundClosed))


def test_a_row_holds_mixtures_gains_scores_and_costs() -> None:
    row = round_row(_first_round())
    assert row["round"] == 1
    assert row["gain/best"] == row["gain/p1"]
    assert row["gain/advanced"] == 1.0
    assert row[f"branch/p2/mix/{CANDIDATES[1]}"] == 0.5
    assert f"score/alignment/{CANDIDATES[3]}" in row
    assert row[f"target/{TARGET}/gain"] == row["gain/best"]
    assert row["cost/p1"] == 141_000


def test_a_failed_branch_has_no_gain_in_its_row() -> None:
    second = [event for event in example_events() if isinstance(event, RoundClosed)][1]
    assert "gain/p2" not in round_row(second)


def test_of_a_large_pool_only_what_was_proposed_is_sent() -> None:
    names = [f"task_{number}" for number in range(MOST_SCORED + 10)]
    events = example_events(example_records(names=names))
    closed = next(event for event in events if isinstance(event, RoundClosed))
    column = np.arange(len(names), dtype=np.float64)
    readings = Readings(candidates=tuple(names), scores={"alignment": {TARGET: column}})
    row = round_row(replace(closed, scores=told_scores(readings, closed.proposals)))
    proposed = {name.split("/")[-1] for name in row if name.startswith("branch/")}
    assert {name.split("/")[-1] for name in row if name.startswith("score/")} == proposed
    assert all(row[f"score/alignment/{name}"] == names.index(name) for name in proposed)
    assert {name.split("/")[-1] for name in row if name.startswith("mix/")} == proposed
    assert len(row) < 100
