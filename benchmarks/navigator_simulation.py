"""Does the navigator's final mixture help more than the baselines', in worlds made up for it?

Simulated, not measured on models: tasks teach skills with saturating returns, some are harmful,
most do nothing, signals are weakly related to the truth, and every gain carries the noise of
measuring, of the branch and of the round's control. The worlds' gains do not have the form that
the navigator assumes. Run: `python benchmarks/navigator_simulation.py --worlds 200`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from policies import (
    Alignment,
    Candidate,
    Compass,
    Navigator,
    Observation,
    Outcome,
    Policy,
    Proportional,
    Proposal,
    Round,
    Target,
    TargetOnly,
    View,
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class World:
    """A pool whose truth is known."""

    view: View
    skills: FloatArray
    """(N, K) how much of each skill an example of a task teaches."""
    worth: FloatArray
    """(K,) nats that a skill adds when it is learnt completely."""
    harm: FloatArray
    """(N,) nats lost when all candidate examples are of the task."""
    half: float
    """Share of a task at which about two thirds of its skill are learnt."""
    se: float
    branch_noise: float

    def gain(self, mixture: dict[str, float]) -> float:
        """The true gain of a mixture, nats."""
        shares = np.array([mixture.get(c.name, 0.0) for c in self.view.candidates])
        learnt = (1 - np.exp(-shares @ self.skills / self.half)) / (1 - np.exp(-1 / self.half))
        return float(learnt @ self.worth - shares @ self.harm)

    @property
    def alone(self) -> FloatArray:
        """(N,) true gain of each task by itself."""
        return np.array([self.gain({c.name: 1.0}) for c in self.view.candidates])


def make_world(seed: int, *, rounds: int = 4, proposals: int = 3) -> World:
    """4 helpers of 3 skills, 4 harmful tasks, and 10 to 32 that do next to nothing."""
    rng = np.random.default_rng([20260, seed])
    size = int(rng.integers(18, 41))
    kinds = rng.permutation(["helper"] * 4 + ["harmful"] * 4 + ["idle"] * (size - 8))
    helpers = np.flatnonzero(kinds == "helper")
    skills = np.zeros((size, 3))
    for at, skill in zip(helpers, (0, 0, 1, 2), strict=True):
        skills[at, skill] = rng.uniform(0.7, 1.0)
    harm = np.where(kinds == "harmful", rng.uniform(0.02, 0.06, size), rng.normal(0, 0.003, size))
    harm[helpers] = 0.0
    world = World(
        view=View(candidates=(_blank("t0"),), targets=(_TARGET,), budget_left=1),
        skills=skills,
        worth=rng.uniform(0.015, 0.035, 3),
        harm=harm,
        half=float(rng.uniform(0.3, 1.0)),
        se=float(rng.uniform(0.004, 0.010)),
        branch_noise=float(rng.uniform(0.004, 0.010)),
    )
    view = _signals(world, kinds, rng)
    return replace(world, view=replace(view, rounds_left=rounds, max_proposals=proposals))


_TARGET = Target(name="target", family="f0", num_examples=400, weight=1.0)


def _blank(name: str) -> Candidate:
    return Candidate(name=name, family="f", num_examples=1000, tokens_per_example=20.0)


def _signals(world: World, kinds: NDArray[np.str_], rng: np.random.Generator) -> View:
    size = len(kinds)
    blanks = tuple(_blank(f"t{at:02d}") for at in range(size))
    truth = replace(world, view=replace(world.view, candidates=blanks)).alone
    truth = (truth - truth.mean()) / truth.std()
    scores = {
        "alignment": _correlated(truth, rng.uniform(0.3, 0.6), rng) * 0.1,
        "affinity": _correlated(truth, rng.uniform(0.1, 0.4), rng) * 0.2,
    }
    near = np.where(kinds == "helper", 0.5, 0.15)
    families = np.where(rng.random(size) < near, 0, rng.integers(1, 6, size))
    directions = np.hstack([world.skills * 1.5, 0.3 * np.eye(6)[families]])
    directions = np.hstack([directions, rng.normal(0, 0.25, (size, 24))])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    candidates = tuple(
        replace(
            blank,
            family=f"f{families[at]}",
            num_examples=int(10 ** rng.uniform(2.3, 4.3)),
            scores={name: {"target": float(values[at])} for name, values in scores.items()},
        )
        for at, blank in enumerate(blanks)
    )
    view = replace(world.view, candidates=candidates, sketches=directions.astype(np.float32))
    return view


def _correlated(truth: FloatArray, rho: float, rng: np.random.Generator) -> FloatArray:
    mixed: FloatArray = rho * truth + np.sqrt(1 - rho**2) * rng.standard_normal(len(truth))
    return mixed


def campaign(world: World, policy: Policy, seed: int) -> dict[str, float]:
    """Run every round against the world's noisy gains; the mixture that is kept at the end."""
    view = world.view
    noise = np.random.default_rng([777, seed])
    for number in range(world.view.rounds_left):
        proposals = policy.propose(view, np.random.default_rng([seed, number]))
        control = noise.normal(0, np.hypot(world.se, world.branch_noise)) / np.sqrt(2)
        seen = tuple(_observe(world, proposal, control, noise) for proposal in proposals)
        view = replace(
            view,
            history=(*view.history, Round(number=number, observations=seen)),
            round=number + 1,
            rounds_left=view.rounds_left - 1,
        )
    final = policy.propose(view, np.random.default_rng([seed, view.round]))
    return dict(final[0].mixture)


def first_guess(world: World, policy: Policy, seed: int) -> dict[str, float]:
    """The first proposal of the first round, from signals alone."""
    return dict(policy.propose(world.view, np.random.default_rng([seed, 0]))[0].mixture)


def _observe(
    world: World, proposal: Proposal, control: float, noise: np.random.Generator
) -> Observation:
    own = noise.normal(0, np.hypot(world.se, world.branch_noise)) / np.sqrt(2)
    gain = world.gain(dict(proposal.mixture)) + (control + own if proposal.mixture else 0.0)
    outcome = Outcome(status="finished", cost=1, gain=gain, se=world.se)
    return Observation(proposal=proposal, outcome=outcome)


@dataclass(frozen=True, kw_only=True)
class RandomSearch:
    """Tests random sets of tasks and keeps the best measured; or, `blind`, just draws one set."""

    size: int = 3
    blind: bool = False

    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> list[Proposal]:
        seen = [o for closed in view.history for o in closed.observations]
        if view.rounds_left == 0 and not self.blind:
            best = max(seen, key=lambda o: o.outcome.gain or 0.0)
            credible = (best.outcome.gain or 0.0) > (best.outcome.se or 0.0)
            return [best.proposal if credible else Proposal(mixture={}, reason="none")]
        names = [candidate.name for candidate in view.candidates]
        return [
            Proposal(
                mixture=dict.fromkeys(rng.choice(names, self.size, replace=False), 1 / self.size),
                reason="at random",
            )
            for _ in range(view.max_proposals)
        ]


def oracle(world: World) -> float:
    """Best true gain found by a greedy search that sees the truth."""
    mixture: dict[str, float] = {}
    best = 0.0
    for _ in range(6):
        tries = [_added(mixture, c.name) for c in world.view.candidates]
        gains = [world.gain(each) for each in tries]
        if max(gains) <= best:
            break
        best, mixture = max(gains), tries[int(np.argmax(gains))]
    return best


def _added(mixture: dict[str, float], name: str) -> dict[str, float]:
    grown = {key: share * len(mixture) for key, share in mixture.items()} | {name: 1.0}
    return {key: share / sum(grown.values()) for key, share in grown.items()}


@dataclass(frozen=True, kw_only=True)
class Result:
    gains: FloatArray
    """(W,) true gain of the kept mixture, nats."""
    waste: FloatArray
    """(W,) share on tasks without benefit, divided by what equal shares would give them."""


UNTESTED = ("navigator, no tests",)
POLICIES: dict[str, Policy] = {
    "target-only": TargetOnly(),
    "proportional": Proportional(),
    "random 5": RandomSearch(size=5, blind=True),
    "compass": Compass(),
    "alignment": Alignment(),
    "random search": RandomSearch(),
    "navigator, no tests": Navigator(),
    "navigator": Navigator(),
}


def compare(
    policies: dict[str, Policy], worlds: int, *, first: int = 0, rounds: int = 4
) -> dict[str, Result]:
    """Every policy in the same worlds with the same noise."""
    results = {}
    for name, policy in policies.items():
        gains, waste = [], []
        for seed in range(first, first + worlds):
            world = make_world(seed, rounds=rounds)
            mixture = (first_guess if name in UNTESTED else campaign)(world, policy, seed)
            gains.append(world.gain(mixture))
            idle = {
                c.name for c, a in zip(world.view.candidates, world.alone, strict=True) if a < 0.004
            }
            spent = sum(share for task, share in mixture.items() if task in idle)
            waste.append(spent / (len(idle) / len(world.view.candidates)))
        results[name] = Result(gains=np.array(gains), waste=np.array(waste))
    return results


def interval(values: FloatArray) -> str:
    """Mean with its 95 % interval by bootstrap over worlds."""
    draws = np.random.default_rng(0).choice(values, (2000, len(values))).mean(axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return f"{values.mean():+.4f} [{low:+.4f}, {high:+.4f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--first", type=int, default=10_000, help="seeds below 10000 tuned it")
    parser.add_argument("--rounds", type=int, default=4)
    given = parser.parse_args()
    results = compare(POLICIES, given.worlds, first=given.first, rounds=given.rounds)
    best = [oracle(make_world(given.first + at)) for at in range(given.worlds)]
    print(f"simulated, {given.worlds} worlds, {given.rounds} rounds of 3 proposals; nats")
    print(f"{'oracle':22}{np.mean(best):+.4f}")
    for name, result in results.items():
        worst = np.quantile(result.gains, 0.1)
        print(
            f"{name:22}{interval(result.gains)}  worst tenth {worst:+.4f}  "
            f"waste {result.waste.mean():.2f}"
        )


if __name__ == "__main__":
    main()
