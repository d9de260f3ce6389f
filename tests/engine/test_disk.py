"""What is said when the disk fails, and that whole files stay whole."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.storage.disk import DiskError, disk_error
from engine.storage.whole_file import write_whole


def test_a_disk_without_inodes_is_not_called_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OSError(errno.ENOSPC, "No space left on device")
    assert "disk full; free 65 MB" in str(disk_error(tmp_path / "x", error, num_bytes=1))
    none_left = SimpleNamespace(f_files=5, f_favail=0)
    monkeypatch.setattr(os, "statvfs", lambda _: none_left)
    assert "no inodes left; delete files" in str(disk_error(tmp_path / "x", error))


def test_a_whole_file_replaces_the_one_before_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "mixture.json"
    for content in (b"one", b"", b"three"):
        write_whole(path, content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_missing_is_a_disk_error_naming_the_file(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match=r"mixture\.json: No such file or directory"):
        write_whole(tmp_path / "gone" / "mixture.json", b"{}")
