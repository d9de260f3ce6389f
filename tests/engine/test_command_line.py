"""The command line: a whole run, and what signals to the process do."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_campaign import write_small_campaign

from engine.cli import main
from engine.ledger.ledger import read_ledger
from engine.ledger.state import fold

REPORT = "report_to=[terminal]"
ENDS = {signal.SIGTERM: 143, signal.SIGINT: 130}


@pytest.mark.parametrize("number", list(ENDS), ids=lambda number: signal.Signals(number).name)
def test_a_signal_ends_it_with_its_own_code_and_it_resumes(
    number: signal.Signals, tmp_path: Path
) -> None:
    campaign = write_small_campaign(tmp_path, warm_up={"steps": 100_000, "batch": 8})
    command = [sys.executable, "-m", "engine", "run", str(campaign), "--out", str(tmp_path / "out")]
    with subprocess.Popen(
        [*command, "--set", "budget_tokens=100000000"], stderr=subprocess.PIPE, text=True
    ) as process:
        ledger = tmp_path / "out" / "ledger.jsonl"
        _wait_for(lambda: ledger.exists() and '"started"' in ledger.read_text())
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert process.returncode == ENDS[number]
    assert "resumes the campaign" in said
    assert "Traceback" not in said
    assert not fold(read_ledger(ledger)).finished


def test_a_campaign_runs_from_the_command_line_and_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    campaign, out = write_small_campaign(tmp_path), tmp_path / "out"
    assert main(["run", str(campaign), "--out", str(out)]) == 0
    products = ("mixture.json", "report.html", "model", "events.jsonl", "campaign.yaml")
    assert all((out / name).exists() for name in products)
    (out / "report.html").unlink()
    assert main(["report", str(out)]) == 0
    capsys.readouterr()
    assert main(["run", str(campaign), "--out", str(out), "--set", REPORT]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"reading the pool of {campaign}"
    assert any("finished before, nothing to do" in line for line in lines)
    assert main(["report", str(out)]) == 0
    assert capsys.readouterr().out.strip().endswith("report.html")


def _wait_for(holds: object, *, limit_s: float = 60.0) -> None:
    end = time.monotonic() + limit_s
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)
