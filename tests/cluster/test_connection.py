"""Joining and starting clusters, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.connection import connect
from engine.campaign.spec import ExecutorChoice

pytest_plugins = ("small_cluster",)
pytestmark = pytest.mark.ray

HERE = Path(__file__).parent

OWN_CLUSTER = """
import os, signal, sys
from pathlib import Path
import ray
from cluster import RayExecutor
from faulty_bench import job, setting_in
mine = lambda signum, frame: None
signal.signal(signal.SIGTERM, mine)
setting = setting_in(Path({folder!r}), workers=1)
executor = RayExecutor(setting, bench="faulty_bench:FaultyBench")
assert not ray.is_initialized()
[answer] = executor.run([job("fine")])
assert answer.key == "fine", answer
assert signal.getsignal(signal.SIGTERM) is mine
assert os.environ["RAY_AUTH_MODE"] == "token"
stranger = {{k: v for k, v in os.environ.items() if not k.startswith("RAY_AUTH")}}
address = ray.get_runtime_context().gcs_address
import subprocess
join = f"import ray; ray.init(address={{address!r}})"
assert subprocess.run([sys.executable, "-c", join], env=stranger, capture_output=True).returncode
executor.close()
assert not ray.is_initialized()
"""


def python(script: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    environ = {**environ, "PYTHONPATH": paths}
    return subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, timeout=120
    )


@pytest.mark.slow
def test_a_cluster_of_its_own_is_closed_to_strangers_and_leaves_no_trace(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    home = tmp_path / "home"
    home.mkdir()
    ended = python(OWN_CLUSTER.format(folder=str(tmp_path)), {**environ, "HOME": str(home)})
    assert ended.returncode == 0, ended.stderr
    assert not (home / ".ray").exists()
    assert "oken" not in ended.stderr  # no announcement of Ray's own


@pytest.mark.slow
def test_more_gpus_than_this_machine_has_are_refused_at_once() -> None:
    script = """
from cluster.connection import connect
from engine.campaign.spec import ExecutorChoice
import ray
try:
    connect(ExecutorChoice(workers=2, gpus=1.0))
except ValueError as error:
    print(error)
assert not ray.is_initialized()
"""
    ended = python(script, {**os.environ, "CUDA_VISIBLE_DEVICES": ""})
    assert ended.returncode == 0, ended.stderr
    assert "2 workers of 1 GPU asked, but this machine has 0 GPU" in ended.stdout


def test_a_cluster_that_is_not_there_is_named_with_the_likely_cause() -> None:
    script = """
from cluster.connection import connect
from engine.campaign.spec import ExecutorChoice
try:
    connect(ExecutorChoice(address="127.0.0.1:1"))
except ValueError as error:
    print(error)
"""
    ended = python(script, dict(os.environ))
    assert "Cannot join the Ray cluster at 127.0.0.1:1" in ended.stdout, ended.stderr
    assert "RAY_AUTH_MODE" in ended.stdout


def test_a_cluster_that_is_already_joined_is_left_to_its_owner(small_cluster: None) -> None:
    assert not connect(ExecutorChoice(address="10.0.0.1:6379"))


INTERRUPTED = """
import signal, sys
import ray
from cluster.connection import connect
from engine import ExecutorChoice
from engine.cli.failures import TerminatedError
from engine.cli.run import end_on_signals
def starting(**settings):
    # As Ray does; the signal comes while it starts.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit({code}))
    signal.raise_signal(signal.SIGTERM)
ray.init = starting
end_on_signals()
try:
    connect(ExecutorChoice(workers=1))
except TerminatedError as error:
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL  # a second one ends at once
    sys.exit(error.exit_code)
"""


@pytest.mark.parametrize("code", [15, 1], ids=["before its processes", "with its processes"])
def test_a_signal_while_ray_starts_ends_the_process_as_at_any_other_time(code: int) -> None:
    ended = python(INTERRUPTED.format(code=code), dict(os.environ))
    assert ended.returncode == 143, ended.stderr


def test_the_callers_handler_is_back_when_ray_did_not_start() -> None:
    script = """
import signal
import ray
from cluster.connection import connect
from engine import ExecutorChoice
def starting(**settings):
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    raise RuntimeError("no ports")
ray.init = starting
mine = lambda number, frame: None
signal.signal(signal.SIGTERM, mine)
try:
    connect(ExecutorChoice(workers=1))
except ValueError:
    assert signal.getsignal(signal.SIGTERM) is mine
"""
    ended = python(script, dict(os.environ))
    assert ended.returncode == 0, ended.stderr
