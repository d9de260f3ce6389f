"""A whole campaign as a Ray job, on a cluster started as its users start theirs."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_campaign import write_small_campaign

from engine.ledger.ledger import read_ledger
from engine.ledger.records import Finished

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
RAY = str(Path(sys.executable).parent / "ray")


@dataclass(frozen=True)
class Head:
    """A running head node's job server, and the working directory that jobs are given."""

    address: str
    working_dir: Path
    environ: dict[str, str]

    def submit(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a job, to its end."""
        options = ["--address", self.address, "--working-dir", str(self.working_dir)]
        return subprocess.run(
            [RAY, "job", "submit", *options, "--", *command],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=400,
        )


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Head]:
    working_dir = tmp_path_factory.mktemp("checkout")
    for package in ("cluster", "engine", "policies", "tasks"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, working_dir / package, ignore=ignored)
    environ = {**os.environ, "PATH": f"{Path(RAY).parent}{os.pathsep}{os.environ['PATH']}"}
    # Short, for the sockets below it: a path of theirs has 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="sx-", ignore_cleanup_errors=True) as temp:
        dashboard, *others = (str(port) for port in free_ports(5))
        process = subprocess.Popen(head_command(dashboard, others, temp), env=environ)
        try:
            address = f"http://127.0.0.1:{dashboard}"
            wait_until_answered(f"{address}/api/version", process)
            yield Head(address, working_dir, environ)
        finally:
            # Never `ray stop`: it ends every cluster of this user.
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def head_command(dashboard: str, others: list[str], temp: str) -> list[str]:
    """Own ports for everything that has a fixed one, so that clusters stand side by side."""
    port, agent, agent_grpc, client = others
    return [
        *(RAY, "start", "--head", "--block", "--disable-usage-stats", "--num-cpus=2"),
        *(f"--object-store-memory={200 * 2**20}", f"--temp-dir={temp}"),
        *(f"--port={port}", f"--dashboard-port={dashboard}", f"--ray-client-server-port={client}"),
        f"--dashboard-agent-listen-port={agent}",
        f"--dashboard-agent-grpc-port={agent_grpc}",
    ]


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def wait_until_answered(url: str, process: subprocess.Popen[bytes], limit_s: float = 90) -> None:
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        assert process.poll() is None, "the head node ended"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"{url} did not answer in {limit_s:.0f} s")


def test_a_submitted_campaign_runs_to_its_end(head: Head, tmp_path: Path) -> None:
    campaign = write_small_campaign(tmp_path, executor={"name": "ray", "workers": 2})
    out = tmp_path / "run"
    ended = head.submit("python", "-u", "-m", "engine", "run", str(campaign), "--out", str(out))
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-2000:]
    assert isinstance(read_ledger(out / "ledger.jsonl")[-1], Finished)
    assert (out / "mixture.json").is_file()


def test_a_relative_folder_is_refused_before_anything_starts(head: Head, tmp_path: Path) -> None:
    campaign = write_small_campaign(tmp_path)
    ended = head.submit("python", "-u", "-m", "engine", "run", str(campaign), "--out", "runs/a")
    assert ended.returncode == 1
    assert "a relative folder inside a Ray job" in ended.stdout + ended.stderr
