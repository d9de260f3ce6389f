"""`sextant measure` in a folder that holds something already: what is reused, and what is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_campaign import write_small_campaign

from engine.campaign.campaign_file import check_campaign, read_campaign
from engine.campaign.measuring import Measured, measure_signals
from engine.campaign.opening import OpenCampaign, open_campaign
from engine.campaign.readings import gather
from engine.campaign.run_folder import RunFolder
from engine.ledger.records import Withdrawn
from engine.ledger.state import after, fold


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
