"""What each arm of a comparison came to on the test split: read from the ledgers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.campaign.named_policies import NamedPolicy
from engine.campaign.run_folder import RunFolder
from engine.comparing.comparison import Comparison, Pairing
from engine.comparing.running import state_of
from engine.ledger.result_store import read_tests
from engine.ledger.state import State
from tasks import InputError

TUNED = "tuned target-only"
ALL_TASKS = "all tasks, unselected"
_BASELINES = {"target-only": TUNED, "all-tasks": ALL_TASKS}
"""Arm of a campaign -> what it is called beside policies, some of which are called alike."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class JudgedArm:
    """One arm on one target with one seed."""

    target: str
    seed: int
    name: str
    """A policy's name, or one of the baselines'."""
    losses: NDArray[np.float64]
    """(n,) calibrated losses on the test split, nats; the same examples for every arm."""
    metric: float
    cost: int
    """Training tokens charged to the arm in all."""
    mixture: Mapping[str, float] | None = None
    """What a policy chose; None for a baseline."""
    decoys: frozenset[str] = frozenset()
    num_candidates: int = 0

    @property
    def decoy_share(self) -> float | None:
        """Of the chosen mixture; None for a baseline."""
        if self.mixture is None:
            return None
        return sum(share for name, share in self.mixture.items() if name in self.decoys)


def judged_arms(comparison: Comparison) -> list[JudgedArm]:
    """Every arm that all pairings have, policies in their order; all campaigns have ended.

    Raises:
        InputError: The baseline that gains are over could not be trained everywhere.
        DamagedFileError: Arrays are missing or damaged.
    """
    found = [
        arm
        for pairing in comparison.pairings()
        for named in comparison.policies
        for arm in _arms(comparison, pairing, named)
    ]
    return _everywhere(found, [(one.target, one.seed) for one in comparison.pairings()])


def _everywhere(arms: Sequence[JudgedArm], places: Sequence[tuple[str, int]]) -> list[JudgedArm]:
    """Without a baseline whose training failed somewhere: no mean over the rest would be fair."""
    names = [arm.name for arm in arms]
    for target, seed in places:
        if not any((arm.name, arm.target, arm.seed) == (TUNED, target, seed) for arm in arms):
            raise InputError(
                [
                    f"{target}, seed {seed}: target-only failed at every learning rate of"
                    " finish.learning_rates, so there is nothing to compare with; lower them and"
                    " choose another --out."
                ]
            )
    return [arm for arm in arms if names.count(arm.name) == len(places)]


def _arms(comparison: Comparison, pairing: Pairing, named: NamedPolicy) -> Iterator[JudgedArm]:
    folder = comparison.folder_of(pairing, named)
    state = state_of(folder)
    assert state and state.delivered, f"{pairing}: {named.name} has not ended"
    yield _arm(folder, state, pairing, "selected", named.name)
    for arm, name in _BASELINES.items():
        if any(one.arm == arm for one in state.delivered.contenders):
            yield _arm(folder, state, pairing, arm, name)


def _arm(folder: RunFolder, state: State, pairing: Pairing, arm: str, name: str) -> JudgedArm:
    assert state.delivered and state.chosen and state.opened
    completed = state.job(f"proof-test-{arm}").completed
    assert completed
    judged = read_tests(completed, folder.arrays)[pairing.target]
    contender = next(one for one in state.delivered.contenders if one.arm == arm)
    return JudgedArm(
        target=pairing.target,
        seed=pairing.seed,
        name=name,
        losses=judged.losses,
        metric=judged.metric,
        cost=contender.cost,
        mixture=state.chosen.mixture if arm == "selected" else None,
        decoys=frozenset(state.opened.decoys),
        num_candidates=len(state.opened.tasks) - 1,
    )
