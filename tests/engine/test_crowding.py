"""Whoever asks for more than the machine has is told."""

from __future__ import annotations

import os
from typing import Any

import pytest

from engine.campaign.crowding import crowded_lines
from engine.campaign.spec import ExecutorChoice

CORES = os.cpu_count() or 1


@pytest.fixture(autouse=True)
def no_cluster_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.mark.parametrize("asked", [{"workers": CORES + 1}, {"workers": CORES, "threads": 2}])
def test_more_threads_than_cores_are_told(asked: Any) -> None:
    (line,) = crowded_lines(ExecutorChoice(**asked))
    assert "executor.workers" in line
    assert f"this machine has {CORES}" in line


@pytest.mark.parametrize(
    "asked",
    [
        {"workers": CORES},
        {"workers": CORES + 1, "name": "local"},
        {"workers": CORES + 1, "address": "10.0.0.1:6379"},
    ],
)
def test_what_fits_or_runs_elsewhere_is_not(asked: Any) -> None:
    assert list(crowded_lines(ExecutorChoice(**asked))) == []
