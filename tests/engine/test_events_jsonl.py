from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from example_ledger import example_events
from pydantic import TypeAdapter

from engine.tracking import events, open_reporters
from engine.tracking.events import Event, Notice
from engine.tracking.jsonl import line_of


def _read(line: str) -> Event:
    facts = json.loads(line)
    kind = getattr(events, facts.pop("event"))
    facts.pop("time_utc")
    event: Event = TypeAdapter(kind).validate_python(facts)
    return event


def test_every_event_comes_back_as_it_went(tmp_path: Path) -> None:
    reporter = open_reporters(["jsonl"], tmp_path)
    for event in example_events():
        reporter.report(event)
    # Read before closing: every line is flushed.
    lines = (tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert [_read(line) for line in lines] == example_events()
    reporter.close()
    reporter.close()


def test_a_resumed_campaign_appends_and_a_torn_line_harms_no_other(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"event": "Notice", "mess', encoding="utf-8")
    reporter = open_reporters(["jsonl"], tmp_path)
    reporter.report(Notice(message="on we go"))
    reporter.close()
    torn, whole = path.read_text(encoding="utf-8").splitlines()
    assert torn == '{"event": "Notice", "mess'
    assert _read(whole) == Notice(message="on we go")


def test_what_json_cannot_hold_does_not_end_the_reporter() -> None:
    opened = example_events()[0]
    config = MappingProxyType({"rate": math.nan, "where": Path("x"), "deep": MappingProxyType({})})
    assert isinstance(opened, events.CampaignOpened)
    facts = json.loads(line_of(replace(opened, config=config)))
    assert facts["config"] == {"rate": None, "where": "x", "deep": {}}
    assert json.loads(line_of(Notice(message="\ud800 half a pair")))
