"""Says so when a campaign asks for more threads than its machine has cores."""

from __future__ import annotations

import os
from collections.abc import Iterator

from engine.campaign.ray_job import in_ray_job
from engine.campaign.spec import ExecutorChoice


def crowded_lines(choice: ExecutorChoice) -> Iterator[str]:
    """A line for a person, or none; a cluster that runs already is not looked at."""
    elsewhere = choice.address or os.environ.get("RAY_ADDRESS") or in_ray_job()
    cores, threads = os.cpu_count(), choice.workers * choice.threads
    if choice.name != "ray" or elsewhere or cores is None or threads <= cores:
        return
    yield (
        f"executor.workers: {choice.workers} (threads: {choice.threads}) want {threads} cores and"
        f" this machine has {cores}: that is slower than fewer workers, and takes more memory."
    )
