"""Stores are merged as often as one likes, and nothing is there twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_evidence import stored_branch, stored_campaign, topic_task, write_store

from engine.evidence.merging import Merged, merge
from engine.evidence.store import read_evidence
from tasks import InputError

BIRDS, COURTS, STARS = (topic_task(name) for name in ("birds", "courts", "stars"))
FIRST = stored_branch("r00-p1", [(COURTS, 1.0)], [(BIRDS, 0.1)])
SECOND = stored_branch("r01-p1", [(STARS, 1.0)], [(BIRDS, 0.2)])
OTHER = stored_campaign("other-1b1b1b1b")


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_store_gets_the_campaigns_that_it_lacks(tmp_path: Path) -> None:
    write_store(tmp_path / "a", [BIRDS, COURTS], [FIRST])
    write_store(tmp_path / "b", [BIRDS, STARS], [SECOND], opened=OTHER)
    assert merge(tmp_path / "a", tmp_path / "b") == Merged(campaigns=1, new=1, known=0)
    merged = read_evidence(tmp_path / "a").campaigns
    both = read_evidence(tmp_path / "b").campaigns
    assert [one.opened.campaign for one in merged] == ["first-0a0a0a0a", "other-1b1b1b1b"]
    assert merged[1:] == both


def test_a_campaign_that_went_on_elsewhere_gets_its_later_branches(tmp_path: Path) -> None:
    write_store(tmp_path / "a", [BIRDS, COURTS], [FIRST])
    write_store(tmp_path / "b", [BIRDS, COURTS, STARS], [FIRST, SECOND])
    assert merge(tmp_path / "a", tmp_path / "b") == Merged(campaigns=1, new=1, known=1)
    (merged,) = read_evidence(tmp_path / "a").campaigns
    (longer,) = read_evidence(tmp_path / "b").campaigns
    assert merged == longer


def test_merging_again_changes_nothing(tmp_path: Path) -> None:
    write_store(tmp_path / "a", [BIRDS, COURTS], [FIRST])
    write_store(tmp_path / "b", [BIRDS, COURTS, STARS], [FIRST, SECOND])
    write_store(tmp_path / "b", [BIRDS, STARS], [SECOND], opened=OTHER)
    merge(tmp_path / "a", tmp_path / "b")
    before = _contents(tmp_path / "a")
    assert merge(tmp_path / "a", tmp_path / "b") == Merged(campaigns=2, new=0, known=3)
    assert _contents(tmp_path / "a") == before


def test_a_store_that_does_not_exist_yet_is_made(tmp_path: Path) -> None:
    write_store(tmp_path / "b", [BIRDS, COURTS], [FIRST])
    merge(tmp_path / "new" / "a", tmp_path / "b")
    assert _contents(tmp_path / "new" / "a") == _contents(tmp_path / "b")


@pytest.mark.parametrize("damaged", ["a", "b"])
def test_a_damaged_file_on_either_side_leaves_the_store_as_it_was(
    tmp_path: Path, damaged: str
) -> None:
    write_store(tmp_path / "a", [BIRDS, COURTS], [FIRST])
    write_store(tmp_path / "b", [BIRDS, STARS], [SECOND], opened=OTHER)
    (path,) = (tmp_path / damaged).iterdir()
    path.write_bytes(path.read_bytes().replace(b'"round":', b'"rounds":'))
    before = _contents(tmp_path / "a")
    with pytest.raises(InputError, match="damaged line"):
        merge(tmp_path / "a", tmp_path / "b")
    assert _contents(tmp_path / "a") == before
