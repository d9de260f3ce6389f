"""The end of a campaign: the arms compared on test, and one of them delivered."""

from __future__ import annotations

import numpy as np

from engine.campaign import schedule
from engine.campaign.run import Run
from engine.campaign.seeds import Stream, seed_for
from engine.campaign.steps import arms_of, tokens_of
from engine.gains.safety import Arm, Reference, contenders, deliver
from engine.ledger.records import Completed, Delivered
from engine.ledger.result_store import read_evaluations, read_tests
from engine.ledger.state import State
from tasks import questions_of


def delivery(run: Run, state: State) -> Delivered:
    """Apply the safety rule on the gate split; describe every arm on the test split."""
    weights = run.campaign.targets
    arms = [_arm(run, state, name, job) for name, job in arms_of(state).items()]
    winner = deliver(arms, weights)
    tested = contenders(
        arms,
        {
            arm.name: read_tests(_completed(state, f"proof-test-{arm.name}"), run.folder.arrays)
            for arm in arms
        },
        {name: _reference(run, name) for name in weights},
        weights,
        np.random.default_rng(seed_for(run.campaign.seed, Stream.BOOTSTRAP)),
    )
    return Delivered(
        arm=winner.name,
        job=winner.job,
        checkpoint=_completed(state, winner.job).checkpoint,
        contenders=tested,
    )


def _completed(state: State, job: str) -> Completed:
    completed = state.job(job).completed
    assert completed, f"{job} has no result"
    return completed


def _arm(run: Run, state: State, name: str, job: str) -> Arm:
    evaluations = read_evaluations(_completed(state, job), run.folder.arrays)
    return Arm(
        name=name,
        job=job,
        cost=_cost(state, name, job),
        gate_losses={target: e.gate.losses for target, e in evaluations.items()},
    )


def _cost(state: State, name: str, job: str) -> int:
    """All that led to an arm: all of selection, the whole grid, or warm-up and training on."""
    if name == "selected":
        return state.spent_tokens()
    if name == "all-tasks":
        return tokens_of(state, schedule.WARM_UP) + tokens_of(state, job)
    grid = [key for key in state.jobs if key.startswith(schedule.TARGET_ONLY)]
    return sum(tokens_of(state, key) for key in grid)


def _reference(run: Run, target: str) -> Reference:
    task = run.pool[target]
    gold = np.array([example.label for example in task.test], dtype=np.float64)
    return Reference(
        gold=gold,
        metric=task.metric,
        labels=task.labels,
        groups=questions_of(task, "test"),
    )
