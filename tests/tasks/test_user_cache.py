"""Files that can be made anew: whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.user_cache import written_whole


def test_a_file_that_breaks_off_leaves_the_one_before_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "made" / "x.arrow"
    with written_whole(path) as file:
        file.write(b"first")
    with pytest.raises(KeyboardInterrupt), written_whole(path) as file:
        file.write(b"second")
        raise KeyboardInterrupt
    assert [(it.name, it.read_bytes()) for it in path.parent.iterdir()] == [("x.arrow", b"first")]


def test_a_file_is_not_seen_before_it_is_whole(tmp_path: Path) -> None:
    with written_whole(tmp_path / "x.arrow") as file:
        file.write(b"first")
        assert not (tmp_path / "x.arrow").exists()
        assert [it.suffix for it in tmp_path.iterdir()] == [".part"]
    assert (tmp_path / "x.arrow").read_bytes() == b"first"
