"""One small cluster for all tests of this folder, and executors whose workers misbehave."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from faulty_bench import setting_in

from cluster import RayExecutor

Hire = Callable[..., RayExecutor]


@pytest.fixture(scope="session")
def small_cluster() -> Iterator[None]:
    here = str(Path(__file__).parent)
    with pytest.MonkeyPatch.context() as patch:
        # Workers find `faulty_bench` by the environment: they do not take over sys.path.
        patch.setenv("PYTHONPATH", here, prepend=os.pathsep)
        ray.init(
            address="local",
            num_cpus=3,
            num_gpus=1,  # taken on trust; no device is touched
            include_dashboard=False,
            object_store_memory=200 * 2**20,
            log_to_driver=False,
        )
        yield
        ray.shutdown()


@pytest.fixture
def hire(small_cluster: None, tmp_path: Path) -> Iterator[Hire]:
    """Makes executors on the small cluster and closes them in the end."""
    made: list[RayExecutor] = []

    def make(bench: str = "faulty_bench:FaultyBench", **choice: Any) -> RayExecutor:
        limit_s = choice.pop("placing_limit_s", 60.0)
        setting = setting_in(tmp_path, **{"workers": 1, **choice})
        made.append(RayExecutor(setting, bench=bench, placing_limit_s=limit_s))
        return made[-1]

    yield make
    for executor in made:
        executor.close()
