"""The worker's shell by itself, without a cluster."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

SCRIPT = """
import sys
from pathlib import Path
sys.path[:0] = [{here!r}, {root!r}]
import cluster.worker
from cluster.worker import Worker
from faulty_bench import job, setting_in
cluster.worker.GRACE_S = 0.5
worker = Worker(setting_in(Path({folder!r})), "faulty_bench:FaultyBench")
assert worker.open() == "", worker.open()
assert worker.perform(job("fine", deadline_s=0.5)).key == "fine"
worker.perform(job("hold", deadline_s=0.5))
"""


def test_a_worker_that_nobody_can_reach_ends_itself_after_its_deadline(tmp_path: Path) -> None:
    here = Path(__file__).parent
    script = SCRIPT.format(here=str(here), root=str(here.parents[1]), folder=str(tmp_path))
    begun = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.returncode == 1
    assert "Timeout" in ended.stderr and "_hold_the_interpreter" in ended.stderr
    assert time.monotonic() - begun < 30
