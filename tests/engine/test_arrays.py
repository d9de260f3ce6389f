"""Arrays beside the ledger: equal ones are the same file, damaged ones are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.storage.arrays import load_arrays, save_arrays
from engine.storage.content_store import DamagedFileError

ARRAYS = {
    "rte/selection/losses": np.array([0.5, np.nan, -np.inf]),
    "matrix": np.arange(6, dtype=np.float32).reshape(2, 3).T,
    "empty": np.zeros((0, 4)),
    "number": np.array(3, dtype=np.int64),
    "mask": np.array([True, False]),
}


def test_arrays_read_back_as_they_were(tmp_path: Path) -> None:
    found = load_arrays(tmp_path, save_arrays(ARRAYS, tmp_path, tag="t"))
    assert list(found) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)


def test_equal_arrays_are_the_same_file_whatever_their_order(tmp_path: Path) -> None:
    sha256 = save_arrays(ARRAYS, tmp_path, tag="t")
    turned = {name: ARRAYS[name].copy() for name in reversed(ARRAYS)}
    assert save_arrays(turned, tmp_path, tag="t") == sha256
    assert [path.name for path in tmp_path.iterdir()] == [f"{sha256}.safetensors"]


def test_what_is_no_number_is_refused(tmp_path: Path) -> None:
    for array in (np.array(["a"]), np.array([None]), np.array([1j])):
        with pytest.raises(ValueError, match=r"'x' holds .*; only numbers"):
            save_arrays({"x": array}, tmp_path, tag="t")
    assert list(tmp_path.iterdir()) == []


def test_damaged_arrays_are_refused(tmp_path: Path) -> None:
    sha256 = save_arrays(ARRAYS, tmp_path, tag="t")
    path = tmp_path / f"{sha256}.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedFileError, match="is damaged"):
        load_arrays(tmp_path, sha256)
