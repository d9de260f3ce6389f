from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from example_ledger import example_events, example_records

from engine.cli.loading_bar import checking_line
from engine.ledger.records import Closed, GainLine, MixtureLine
from engine.tracking import JobEnded, Notice, RoundClosed, open_reporters
from engine.tracking.events import CampaignDelivered, Event, StageStarted
from engine.tracking.lines import best
from engine.tracking.several import Several

HOSTILE = "[red]x[/red] \x1b[2J\r\n\u202e<b>"


def _piped(events: list[Event], tmp_path: Path) -> str:
    stream = io.StringIO()
    reporter = open_reporters(["terminal"], tmp_path, stream=stream)
    for event in events:
        reporter.report(event)
    reporter.close()
    reporter.close()
    return stream.getvalue()


def _on_a_terminal(events: list[Event], tmp_path: Path) -> str:
    """What reaches a real terminal, its escape codes taken out."""
    ours, theirs = pty.openpty()
    data = bytearray()
    # Read along: a terminal that nobody reads is soon full and blocks who writes.
    reading = threading.Thread(target=_read_along, args=(ours, data))
    reading.start()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        reporter = open_reporters(["terminal"], tmp_path, stream=stream)
        for event in events:
            reporter.report(event)
        reporter.close()
        reporter.close()
    reading.join(10)
    os.close(ours)
    assert b"\x1b[" in data
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data.decode())


def _read_along(terminal: int, data: bytearray) -> None:
    # The terminal's other end is closed: EIO on Linux, nothing to read elsewhere.
    with contextlib.suppress(OSError):
        while chunk := os.read(terminal, 65536):
            data += chunk


def test_a_pipe_gets_plain_lines_without_control_characters(tmp_path: Path) -> None:
    text = _piped([*example_events(), Notice(message=HOSTILE)], tmp_path)
    assert [c for c in text if not c.isprintable() and c != "\n"] == []
    assert "round 1 of 4: name_matches_body 50 %" in text
    assert "; advanced; spent" in text
    assert text.count("the control goes on") == 3
    assert "r01-p2 failed: CUDA out of memory" in text
    assert "note: [red]x[/red] ?[2J ?<b>" in text


def test_the_end_compares_the_arms_and_names_the_report(tmp_path: Path) -> None:
    text = _piped(example_events(), tmp_path)
    assert re.search(r"> selected +5\.21 M +0\.4302 +0\.812 \[0\.791, 0\.832\] +\+0\.0142", text)
    assert re.search(r"  target only +5\.11 M .* -\n", text)
    assert text.endswith("report: runs/docstrings/report.html\n")


def _delivered(**changes: Any) -> list[Event]:
    end = example_events()[-1]
    assert isinstance(end, CampaignDelivered)
    return [replace(end, **changes)]


def test_the_end_says_why_an_arm_is_delivered_and_that_an_empty_mixture_is_no_arm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    events = _delivered(mixture={}, seconds=250.0)
    piped = _piped(events, tmp_path)
    assert "delivered: selected (lowest loss on the gate split), after 4 min 10 s;" in piped
    assert "; mixture: none, the target alone; before, the selected arm" in piped
    shown = _on_a_terminal(events, tmp_path)
    assert "delivered: selected (lowest loss on the gate split)  after 4 min 10 s" in shown
    assert "mixture  none, the target alone" in shown


def test_an_empty_mixture_is_told_with_what_its_start_had_learned_from(tmp_path: Path) -> None:
    start = {"r00-p1": {"chats": 1.0}, "r01-control": {}, "r02-p2": {"chats": 0.4, "reviews": 0.6}}
    learned = (
        "learned from all tasks in the warm-up, then chats 100 %, then reviews 60 %, chats 40 %"
    )
    assert f"{learned}\n" in _piped(_delivered(mixture={}, start=start), tmp_path)
    assert "learned from" not in _piped(_delivered(start=start), tmp_path)


def test_an_end_without_baselines_claims_no_comparison(tmp_path: Path) -> None:
    alone = _delivered()[0].delivered  # type: ignore[union-attr]
    text = _piped(_delivered(delivered=replace(alone, contenders=alone.contenders[:1])), tmp_path)
    assert "delivered: selected (there were no baselines), after" in text


def test_a_campaign_that_was_finished_before_took_no_time(tmp_path: Path) -> None:
    text = _piped(_delivered(seconds=None), tmp_path)
    assert "on the gate split), finished before, nothing to do; mixture" in text


def test_a_log_in_ascii_keeps_its_reporter(tmp_path: Path) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    reporter = open_reporters(["terminal"], tmp_path, stream=stream)
    for event in example_events():
        reporter.report(event)
    stream.seek(0)
    assert "delivered: selected" in stream.read()


def test_a_terminal_shows_rounds_failures_and_the_final_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    text = _on_a_terminal(example_events(), tmp_path)
    assert re.search(r"round 1/4 +\+0\.0148 \u00b1 0\.0041 +advanced +4\.63 M left", text)
    assert "r01-p2 failed" in text
    assert "4 of 4 jobs" in text
    assert "over target only" in text
    assert "runs/docstrings/report.html" in text


def test_markup_from_data_is_shown_and_not_obeyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    events: list[Event] = [
        StageStarted(stage=HOSTILE, jobs=1),
        JobEnded(job="a", ok=False, seconds=1, tokens=1, message="[/nonsense]"),
        Notice(message=HOSTILE),
    ]
    text = _on_a_terminal(events, tmp_path)
    assert "[red]x[/red] ?[2J ?<b>" in text
    assert "[/nonsense]" in text


def _closed(gains: list[float | None], advanced: str) -> RoundClosed:
    lines = tuple(MixtureLine(mixture={f"t{i}": 1.0}, reason="") for i in range(len(gains) - 1))
    return RoundClosed(
        round=0,
        proposals=lines,
        gains=tuple(
            GainLine(
                branch=f"r00-p{i + 1}",
                status="failed" if gain is None else "finished",
                cost=1,
                gain=gain,
                se=0.1,
                gate_gain=gain,
                gate_se=0.1,
                targets={},
            )
            for i, gain in enumerate(gains)
        ),
        scores={},
        advanced=advanced,
        spent_tokens=0,
        wasted_tokens=0,
        budget_left=0,
    )


def test_the_best_of_a_round_is_the_branch_that_advanced_else_the_largest_gain() -> None:
    # The last gain is a placebo's: it has no proposal and is never the best.
    assert best(_closed([0.1, 0.3, 0.9], "r00-p1")) == 0
    assert best(_closed([0.1, 0.3, 0.9], "r00-control")) == 1
    assert best(_closed([None, None, 0.9], "r00-control")) is None


def test_a_round_in_which_nothing_finished_says_so(tmp_path: Path) -> None:
    assert "no branch finished" in _piped([_closed([None, None], "r00-control")], tmp_path)


def test_a_check_on_a_terminal_says_that_it_is_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with checking_line(3):
            pass
    shown = bytearray()
    _read_along(ours, shown)
    os.close(ours)
    assert b"checking 3 tasks" in shown


class _Broken:
    def __init__(self) -> None:
        self.calls = 0

    def report(self, event: Event) -> None:
        self.calls += 1
        raise RuntimeError("boom")

    def close(self) -> None:
        raise RuntimeError("boom")


class _Kept:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def report(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        pass


def test_a_reporter_that_raises_is_switched_off_with_one_notice() -> None:
    broken, kept = _Broken(), _Kept()
    several = Several(broken, kept)
    for event in example_events():
        several.report(event)
    several.close()
    notices = [event for event in kept.events if isinstance(event, Notice)]
    assert broken.calls == 1
    assert len(notices) == 1
    assert "_Broken failed and is switched off (RuntimeError: boom)" in notices[0].message
    assert len(kept.events) == len(example_events()) + 1


def test_an_unknown_reporter_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no reporter 'wandbb'\. Did you mean 'wandb'\?"):
        open_reporters(["wandbb"], tmp_path)


def test_the_example_closes_its_rounds() -> None:
    assert sum(isinstance(record, Closed) for record in example_records()) == 4
