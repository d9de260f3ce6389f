"""One decision in a process of its own: `python -m policies.testing.process POLICY OPTIONS VIEW`.

POLICY is `module:Class`, OPTIONS its fields as JSON, VIEW a name from `example_views`. Prints the
answer as one line of JSON.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from policies.policy import Policy
from policies.testing.views import example_views
from policies.view import Proposal


def written(proposals: Sequence[Proposal]) -> str:
    """Proposals as one line of JSON: order, every digit and every word count."""
    return json.dumps(
        [
            [[[task, float(share)] for task, share in proposal.mixture.items()], proposal.reason]
            for proposal in proposals
        ]
    )


def answer_elsewhere(policy: Policy, view: str, *, hash_seed: int) -> str:
    """What a new process with its own PYTHONHASHSEED answers, as `written`."""
    kind = type(policy)
    fields = dataclasses.fields(policy)  # type: ignore[arg-type]  # checked before: a dataclass
    options = json.dumps({field.name: getattr(policy, field.name) for field in fields})
    done = subprocess.run(
        [
            *(sys.executable, "-m", "policies.testing.process"),
            *(f"{kind.__module__}:{kind.__qualname__}", options, view),
        ],
        env={
            **os.environ,
            "PYTHONHASHSEED": str(hash_seed),
            "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, (
        f"{kind.__name__} could not answer in another process; it must be importable at the top "
        f"of its module, with options that JSON can hold:\n{done.stderr[-2000:]}"
    )
    return done.stdout.strip()


def _main(place: str, options: str, view: str) -> None:
    module, _, name = place.partition(":")
    kind: Any = getattr(import_module(module), name)
    proposals = kind(**json.loads(options)).propose(example_views()[view], np.random.default_rng(0))
    sys.stdout.write(written(proposals) + "\n")


if __name__ == "__main__":
    _main(*sys.argv[1:])
