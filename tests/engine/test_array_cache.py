"""Arrays on disk that may be torn, deleted or never written, and that one process makes for all."""

from __future__ import annotations

import logging
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from engine.storage.array_cache import ArrayCache, Arrays
from tasks.user_cache import warn_unwritable

MADE: Arrays = {
    "ids": np.arange(400, dtype=np.uint16),
    "long ids": np.array([2**32 - 1], dtype=np.uint32),
    "gold": np.array([0.0, -1.5, np.nan]),
    "starts": np.array([0, 3, 7], dtype=np.int64),
    "nothing": np.empty(0, dtype=np.int32),
}
HOLDER = """
import sys, time
from filelock import FileLock
lock = FileLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def nothing_was_said_yet() -> None:
    warn_unwritable.cache_clear()


def never() -> Arrays:
    raise AssertionError("It was there already.")


def assert_as_made(found: Arrays) -> None:
    assert found.keys() == MADE.keys()
    for name, array in MADE.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_what_was_made_is_found_by_the_next(tmp_path: Path) -> None:
    assert_as_made(ArrayCache(tmp_path / "of" / "tokens").kept("key", lambda: MADE))
    assert_as_made(ArrayCache(tmp_path / "of" / "tokens").kept("key", never))
    assert [path.name for path in (tmp_path / "of" / "tokens").iterdir()] == ["key.safetensors"]


def test_another_key_is_made_of_its_own(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path)
    cache.kept("key", lambda: MADE)
    other = cache.kept("other", lambda: {"ids": np.zeros(2)})
    assert list(other) == ["ids"]


def test_what_is_found_lies_in_the_file_and_cannot_be_written_to(tmp_path: Path) -> None:
    found = ArrayCache(tmp_path).kept("key", lambda: MADE)
    with pytest.raises(ValueError, match="read-only"):
        found["ids"][0] = 1
    mapped = Path("/proc/self/maps")
    if mapped.exists():
        assert str(tmp_path / "key.safetensors") in mapped.read_text()


def test_a_file_that_is_deleted_while_it_is_mapped_goes_on_being_read(tmp_path: Path) -> None:
    found = ArrayCache(tmp_path).kept("key", lambda: MADE)
    (tmp_path / "key.safetensors").unlink()
    assert_as_made(found)


def test_an_error_in_making_is_passed_on_and_nothing_is_kept(tmp_path: Path) -> None:
    def fail() -> Arrays:
        raise OSError("of the data, not of the cache")

    with pytest.raises(OSError, match="of the data") as caught:
        ArrayCache(tmp_path).kept("key", fail)
    assert caught.value.__context__ is None
    assert not list(tmp_path.iterdir())
    assert_as_made(ArrayCache(tmp_path).kept("key", lambda: MADE))


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:5],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: b"\xff" * 8 + data[8:],
        lambda data: b"\x80\x04N." * 50,
        lambda data: data.replace(b'"U16"', b'"I16"'),
        *(lambda data, at=at: flipped(data, at) for at in (0, 9, 60, 150, 250)),
        *(lambda data, at=at: flipped(data, -at) for at in (1, 100, 900)),
    ],
)
def test_a_damaged_file_costs_a_warning_and_is_made_anew(
    damage: Callable[[bytes], bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache, path = ArrayCache(tmp_path), tmp_path / "key.safetensors"
    cache.kept("key", lambda: MADE)
    path.write_bytes(damage(path.read_bytes()))
    assert_as_made(cache.kept("key", lambda: MADE))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert str(path) in caplog.text
    assert_as_made(cache.kept("key", never))


@contextmanager
def room_for(num_bytes: int) -> Iterator[None]:
    """No file may grow beyond this."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_costs_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = ArrayCache(tmp_path)
    with room_for(100):
        for _ in range(2):
            assert_as_made(cache.kept("key", lambda: MADE))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert str(tmp_path) in caplog.text
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_costs_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = ArrayCache(tmp_path / "file" / "tokens")
    for key in ("one", "other"):
        assert_as_made(cache.kept(key, lambda: MADE))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_may_only_be_read_is_read(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path)
    cache.kept("key", lambda: MADE)
    tmp_path.chmod(0o500)
    assert_as_made(cache.kept("key", never))
    assert_as_made(cache.kept("other", lambda: MADE))
    tmp_path.chmod(0o700)
    assert [path.name for path in tmp_path.iterdir()] == ["key.safetensors"]


def test_of_many_that_start_at_once_one_makes_and_the_others_wait(tmp_path: Path) -> None:
    calls: list[int] = []
    found: list[Arrays] = []

    def make() -> Arrays:
        calls.append(1)
        time.sleep(0.3)
        return MADE

    # Locks are between open files, so that threads stand for processes.
    threads = [
        threading.Thread(target=lambda: found.append(ArrayCache(tmp_path).kept("key", make)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(calls), len(found)) == (1, 4)
    for one in found:
        assert_as_made(one)
    assert [path.name for path in tmp_path.iterdir()] == ["key.safetensors"]


@contextmanager
def held_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process holds the lock at `path`."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            yield holder
        finally:
            holder.kill()


def test_a_dead_process_leaves_no_lock(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path / "key.lock") as holder:
        holder.kill()
        holder.wait()
        started = time.monotonic()
        assert_as_made(ArrayCache(tmp_path).kept("key", lambda: MADE))
        assert time.monotonic() - started < 5


def test_waiting_for_another_process_ends(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path / "key.lock"):
        started = time.monotonic()
        assert_as_made(ArrayCache(tmp_path, patience_s=0.5).kept("key", lambda: MADE))
        assert 0.5 <= time.monotonic() - started < 5


def test_files_unused_for_two_months_go_when_others_are_written(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path)
    long_ago = time.time() - 61 * 24 * 3600
    for key in ("unused", "used"):
        cache.kept(key, lambda: MADE)
        os.utime(tmp_path / f"{key}.safetensors", (long_ago, long_ago))
    cache.kept("used", never)
    cache.kept("new", lambda: MADE)
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["new", "used"]
