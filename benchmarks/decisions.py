"""How long each installed policy takes to decide, by the number of candidates.

A view has scores of every signal for one target, and sketches. CPU time of `propose` alone, one
thread, median of the repeats, of three decisions: the first round, one after two rounds, and the
freeze. The slowest of the three counts.

    python benchmarks/decisions.py --candidates 10000 100000 --repeats 3
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from engine.campaign.plugins import load_policy, policy_names
from policies import Observation, Outcome, Policy, Proposal, Round, View
from policies.testing.views import first_round

_WIDTH = 256
"""Of a sketch above 10^4 candidates: a campaign folds its own there."""


def views(size: int) -> dict[str, View]:
    """A campaign of `size` candidates at its beginning, in the middle and at its end."""
    first = first_round(size)
    rng = np.random.default_rng(size)
    sketches = rng.standard_normal((size, _WIDTH)).astype(np.float32)
    sketches /= np.linalg.norm(sketches, axis=1, keepdims=True)
    first = replace(first, sketches=sketches)
    names = [candidate.name for candidate in first.candidates[:30]]
    rounds = tuple(
        Round(number=number, observations=tuple(_branch(names, rng) for _ in range(3)))
        for number in range(2)
    )
    seen = replace(first, history=rounds, round=2, rounds_left=2)
    return {"first": first, "middle": seen, "freeze": replace(seen, rounds_left=0)}


def _branch(names: list[str], rng: np.random.Generator) -> Observation:
    chosen = rng.choice(names, size=4, replace=False)
    mixture = dict(zip(map(str, chosen), rng.dirichlet(np.ones(4)).tolist(), strict=True))
    gain = float(rng.normal(0, 0.02))
    outcome = Outcome(status="finished", cost=40_000, gain=gain, se=0.005)
    return Observation(proposal=Proposal(mixture=mixture, reason="a branch"), outcome=outcome)


def slowest(policy: Policy, on: dict[str, View], repeats: int) -> tuple[float, str]:
    """CPU seconds of the slowest kind of decision, median of the repeats, and which it is."""
    medians = {}
    for name, view in on.items():
        taken = []
        for _ in range(repeats):
            started = time.process_time()
            policy.propose(view, np.random.default_rng(0))
            taken.append(time.process_time() - started)
        medians[name] = statistics.median(taken)
    worst = max(medians, key=lambda name: medians[name])
    return medians[worst], worst


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--candidates", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--policies", nargs="+", default=list(policy_names()))
    given = parser.parse_args()
    with threadpool_limits(1):
        for size in given.candidates:
            on = views(size)
            for name in given.policies:
                seconds, which = slowest(load_policy(name, {}), on, given.repeats)
                print(
                    f"{size:7,} candidates  {name:18} {seconds * 1e3:8.1f} ms ({which})", flush=True
                )


if __name__ == "__main__":
    main()
