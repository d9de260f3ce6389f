"""Checkpoints: whole or not there, under their own hash, verified before use."""

from __future__ import annotations

import errno
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from faulty_disk import SURVIVALS, CrashError, FaultyDisk

from engine.storage.checkpoint import (
    DamagedCheckpointError,
    load_checkpoint,
    save_checkpoint,
    sweep,
)
from engine.storage.disk import DiskError

STATE = {
    "b.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3),
    "a.bias": torch.tensor([0.5, float("inf")], dtype=torch.bfloat16),
    "steps": torch.tensor(7),
}

KILL_WHILE_SAVING = """
import os, random, signal, sys, time
from itertools import count
from pathlib import Path
import torch
from engine.storage.checkpoint import save_checkpoint

torch.set_num_threads(1)
rng = random.Random(0)
for folder in sys.argv[1:]:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        for n in count():
            state = {"w": torch.full((400_000,), float(n)), "n": torch.tensor(n)}
            sha256 = save_checkpoint(state, Path(folder), tag=f"t{n}").sha256
            os.write(write, sha256.encode())
    os.close(write)
    with open(read) as acknowledged:
        first = acknowledged.read(64)
        time.sleep(rng.uniform(0.0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        print(first + acknowledged.read(), flush=True)
"""


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(
        torch.equal(first[name], second[name]) and first[name].dtype == second[name].dtype
        for name in first
    )


def test_a_checkpoint_reads_back_as_it_was(tmp_path: Path) -> None:
    reference = save_checkpoint(STATE, tmp_path, tag="t")
    assert same(load_checkpoint(tmp_path, reference.sha256), STATE)
    (path,) = tmp_path.iterdir()
    assert path.name == f"{reference.sha256}.safetensors"
    assert path.stat().st_size == reference.num_bytes


def test_equal_state_is_the_same_file_however_it_was_made(tmp_path: Path) -> None:
    reference = save_checkpoint(STATE, tmp_path, tag="one")
    other = {name: STATE[name].clone().requires_grad_(False) for name in reversed(STATE)}
    other["b.weight"] = torch.nn.Parameter(STATE["b.weight"].t().contiguous()).t()
    assert save_checkpoint(other, tmp_path, tag="two") == reference
    assert len(list(tmp_path.iterdir())) == 1


def test_tied_weights_are_saved_under_both_names(tmp_path: Path) -> None:
    tied = {"embed": STATE["b.weight"], "decode": STATE["b.weight"]}
    assert same(load_checkpoint(tmp_path, save_checkpoint(tied, tmp_path, tag="t").sha256), tied)


def test_every_flipped_bit_is_refused_by_name(tmp_path: Path) -> None:
    sha256 = save_checkpoint(STATE, tmp_path, tag="t").sha256
    path = tmp_path / f"{sha256}.safetensors"
    data = path.read_bytes()
    for place in range(len(data)):
        flipped = bytearray(data)
        flipped[place] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        with pytest.raises(DamagedCheckpointError, match=f"{sha256}.safetensors is damaged"):
            load_checkpoint(tmp_path, sha256)


@pytest.mark.parametrize("keep", [0, 7, 50, -1])
def test_a_shortened_checkpoint_is_refused(tmp_path: Path, keep: int) -> None:
    sha256 = save_checkpoint(STATE, tmp_path, tag="t").sha256
    path = tmp_path / f"{sha256}.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DamagedCheckpointError, match="restore it from a copy"):
        load_checkpoint(tmp_path, sha256)


def test_a_missing_checkpoint_is_refused_and_the_error_crosses_processes(tmp_path: Path) -> None:
    with pytest.raises(DamagedCheckpointError, match="is missing") as caught:
        load_checkpoint(tmp_path, "0" * 64)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_a_name_that_is_no_hash_is_never_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is no sha256"):
        load_checkpoint(tmp_path, name)


def test_another_checkpoint_under_its_name_is_refused(tmp_path: Path) -> None:
    first = save_checkpoint(STATE, tmp_path, tag="t").sha256
    second = save_checkpoint({"x": torch.zeros(3)}, tmp_path, tag="t").sha256
    (tmp_path / f"{second}.safetensors").rename(tmp_path / f"{first}.safetensors")
    with pytest.raises(DamagedCheckpointError, match=first):
        load_checkpoint(tmp_path, first)


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    sha256 = save_checkpoint(STATE, tmp_path, tag="t").sha256
    path = tmp_path / f"{sha256}.safetensors"
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DiskError, match="symbolic link"):
        load_checkpoint(tmp_path, sha256)


def test_saving_again_mends_a_damaged_file_and_keeps_a_sound_one(tmp_path: Path) -> None:
    sha256 = save_checkpoint(STATE, tmp_path, tag="t").sha256
    path = tmp_path / f"{sha256}.safetensors"
    inode = path.stat().st_ino
    save_checkpoint(STATE, tmp_path, tag="t")
    assert path.stat().st_ino == inode
    path.write_bytes(b"x")
    save_checkpoint(STATE, tmp_path, tag="t")
    assert same(load_checkpoint(tmp_path, sha256), STATE)


def test_sweeping_removes_litter_and_what_nobody_refers_to(tmp_path: Path) -> None:
    kept = save_checkpoint(STATE, tmp_path, tag="t").sha256
    save_checkpoint({"x": torch.zeros(3)}, tmp_path, tag="t")
    for name in (".tmp-r000-p1-a1-01234567", "notes.txt"):
        (tmp_path / name).touch()
    sweep(tmp_path, {kept})
    assert {path.name for path in tmp_path.iterdir()} == {f"{kept}.safetensors", "notes.txt"}


def test_a_crash_at_any_operation_leaves_a_whole_checkpoint_or_none() -> None:
    folder = Path("/run/checkpoints")
    points = 0
    for crash_at in range(100):
        disk = FaultyDisk(crash_at=crash_at)
        try:
            sha256 = save_checkpoint(STATE, folder, tag="t", disk=disk).sha256
        except CrashError:
            sha256 = ""
        for survival in SURVIVALS:
            after = disk.after_crash(survival)
            names = [name for name in after.names(folder) if not name.startswith(".tmp-")]
            assert names == [f"{sha256}.safetensors"] if sha256 else len(names) <= 1
            for name in names:
                assert same(load_checkpoint(folder, name[:64], disk=after), STATE)
            sweep(folder, {name[:64] for name in names}, disk=after)
            assert after.names(folder) == names
            points += 1
        if sha256:
            break
    assert points >= 50


def test_a_crash_while_sweeping_leaves_what_is_kept() -> None:
    folder = Path("/run/checkpoints")
    for crash_at in range(20):
        disk = FaultyDisk()
        kept = save_checkpoint(STATE, folder, tag="t", disk=disk).sha256
        save_checkpoint({"x": torch.zeros(3)}, folder, tag="t", disk=disk)
        disk.crash_at = disk.operations + crash_at
        try:
            sweep(folder, {kept}, disk=disk)
        except CrashError:
            for survival in SURVIVALS:
                after = disk.after_crash(survival)
                sweep(folder, {kept}, disk=after)
                assert after.names(folder) == [f"{kept}.safetensors"]
                assert same(load_checkpoint(folder, kept, disk=after), STATE)
            continue
        break
    assert 3 < crash_at < 19


def test_a_full_disk_names_the_space_it_needs_and_leaves_no_litter() -> None:
    folder = Path("/run/checkpoints")
    for number in (1, 2, 3, 4):
        disk = FaultyDisk(errors={number: errno.ENOSPC})
        with pytest.raises(DiskError, match="disk full; free 65 MB and run the same command"):
            save_checkpoint(STATE, folder, tag="t", disk=disk)
        assert disk.names(folder) == []


def test_a_large_file_may_be_written_in_pieces() -> None:
    folder = Path("/run/checkpoints")
    disk = FaultyDisk(short={2: 10, 3: 1})
    sha256 = save_checkpoint(STATE, folder, tag="t", disk=disk).sha256
    assert disk.log.count("write") == 3
    assert same(load_checkpoint(folder, sha256, disk=disk), STATE)


def test_killed_while_saving_no_damaged_checkpoint_is_adopted(tmp_path: Path) -> None:
    folders = [tmp_path / str(trial) for trial in range(20)]
    for folder in folders:
        folder.mkdir()
    command = [sys.executable, "-c", KILL_WHILE_SAVING, *map(str, folders)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    # Or the kills missed what they are meant to hit.
    assert any(list(folder.glob(".tmp-*")) for folder in folders)
    for folder, line in zip(folders, answer.stdout.splitlines(), strict=True):
        _check_what_a_kill_left(folder, [line[at : at + 64] for at in range(0, len(line), 64)])


def _check_what_a_kill_left(folder: Path, acknowledged: list[str]) -> None:
    stored = {path.stem for path in folder.glob("[!.]*.safetensors")}
    assert set(acknowledged) <= stored
    for sha256 in stored:
        state = load_checkpoint(folder, sha256)
        assert bool((state["w"] == state["n"]).all())
    sweep(folder, acknowledged[-1:])
    assert [path.stem for path in folder.iterdir()] == acknowledged[-1:]
