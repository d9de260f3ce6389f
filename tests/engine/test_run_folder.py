"""The run folder: what it refuses, and that it has one writer, whoever dies."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ledger_story import opened

from engine.campaign.folder_lock import FolderInUseError, FolderLock
from engine.campaign.run_folder import RunFolder
from engine.ledger.ledger import Ledger
from engine.storage.whole_file import write_whole

HOLD = """
import sys, time
from pathlib import Path
from engine.campaign.run_folder import RunFolder
lock = RunFolder(Path(sys.argv[1])).lock()
{then}
print("held", flush=True)
time.sleep(60)
"""

RACE = """
import sys
from pathlib import Path
from engine.campaign.folder_lock import FolderInUseError
from engine.campaign.run_folder import RunFolder
folder = RunFolder.prepare(Path(sys.argv[1]))
for line in sys.stdin:
    try:
        lock = folder.lock()
    except FolderInUseError as error:
        print(error.exit_code, error, flush=True)
        continue
    print("held", flush=True)
    sys.stdin.readline()
    lock.release()
    print("released", flush=True)
"""


@contextmanager
def holder(path: Path, *, then: str = "") -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of `path`."""
    command = [sys.executable, "-c", HOLD.format(then=then), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_new_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = RunFolder.prepare(tmp_path / "runs" / "a")
    for path in (folder.path, folder.checkpoints, folder.arrays):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert not folder.begun
    with folder.lock():
        Ledger.open(folder.path).append(opened())
    assert folder.begun


def test_preparing_again_changes_nothing(tmp_path: Path) -> None:
    folder = RunFolder.prepare(tmp_path)
    write_whole(folder.campaign, b"name: x")
    before = sorted(tmp_path.rglob("*"))
    assert RunFolder.prepare(tmp_path) == folder
    assert sorted(tmp_path.rglob("*")) == before


def test_a_moved_folder_is_a_run_folder_still(tmp_path: Path) -> None:
    folder = RunFolder.prepare(tmp_path / "a")
    Ledger.open(folder.path).append(opened())
    (tmp_path / "a").rename(tmp_path / "b")
    assert Ledger.open(RunFolder.prepare(tmp_path / "b").path).records == (opened(),)


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    for number in range(14):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(ValueError, match=r"holds 14 files and no ledger; choose an empty"):
        RunFolder.prepare(tmp_path)
    assert len(list(tmp_path.iterdir())) == 14


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("x", "dangling"):
        with pytest.raises(ValueError, match=f"{name} is not a directory"):
            RunFolder.prepare(tmp_path / name)
    with pytest.raises(ValueError, match="cannot be written"):
        RunFolder.prepare(tmp_path / "x" / "below")


def test_a_folder_that_cannot_be_written_is_refused() -> None:
    # Even the superuser cannot make files there.
    with pytest.raises(ValueError, match=r"/proc/self/nothing cannot be written .* choose another"):
        RunFolder.prepare(Path("/proc/self/nothing"))


def test_a_second_start_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        with pytest.raises(FolderInUseError) as caught:
            RunFolder(tmp_path).lock()
        assert f"{tmp_path} is in use by process {process.pid} on " in str(caught.value)
        assert " since 2" in str(caught.value)
        assert caught.value.exit_code == 17


def test_of_two_starts_at_once_exactly_one_runs(tmp_path: Path) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    command = [sys.executable, "-c", RACE, str(tmp_path)]
    racers = [subprocess.Popen(command, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    try:
        for _ in range(50):
            for racer in racers:
                racer.stdin.write("go\n")
            answers = [racer.stdout.readline() for racer in racers]
            winner = racers[answers.index("held\n")]
            loser = answers[1 - answers.index("held\n")]
            assert loser.startswith("17 ")
            assert f"process {winner.pid} on" in loser or "just started" in loser
            winner.stdin.write("release\n")
            assert winner.stdout.readline() == "released\n"
    finally:
        for racer in racers:
            racer.kill()
            racer.communicate()


def test_a_start_after_the_holder_was_killed_goes_ahead_at_once(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.kill()
        process.wait()
        _taken_soon(tmp_path)


def test_a_forked_child_of_a_killed_holder_does_not_keep_the_folder(tmp_path: Path) -> None:
    fork = "import os; child = os.fork() or time.sleep(60); print(child, flush=True)"
    command = [sys.executable, "-c", HOLD.format(then=fork), str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    child = int(process.stdout.readline())
    try:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(FolderInUseError):
            RunFolder(tmp_path).lock()
        process.kill()
        process.wait()
        os.kill(child, 0)
        _taken_soon(tmp_path)
    finally:
        os.kill(child, signal.SIGKILL)
        process.stdout.close()


def test_the_lock_is_free_after_its_block_and_the_file_stays(tmp_path: Path) -> None:
    for _ in range(2):
        with FolderLock.take(tmp_path) as lock:
            with pytest.raises(FolderInUseError):
                FolderLock.take(tmp_path)
            lock.release()
        lock.release()
    # Empty: whoever is refused a moment later must not be told of a holder that has gone.
    assert (tmp_path / "ledger.lock").read_bytes() == b""


def test_a_lock_file_that_is_removed_while_it_is_taken_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.lock"
    removals = [path.unlink]

    def flock_just_after_a_removal(file: int, operation: int) -> None:
        while removals:
            removals.pop()()
        flock(file, operation)

    flock = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", flock_just_after_a_removal)
    with FolderLock.take(tmp_path), pytest.raises(FolderInUseError):
        FolderLock.take(tmp_path)


def _taken_soon(folder: Path) -> None:
    """On a busy machine a killed process, or a child just forked, lets go a little late."""
    end = time.monotonic() + 10
    while True:
        try:
            return RunFolder(folder).lock().release()
        except FolderInUseError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
