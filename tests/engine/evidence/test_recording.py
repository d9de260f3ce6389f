"""What of a closed round is stored: finished branches, by identity, with the scores there were."""

from __future__ import annotations

import numpy as np

from engine.evidence.recording import branches_of, finished
from engine.evidence.records import StoredBranch, StoredGain
from engine.ledger.records import Closed, GainLine, MixtureLine, Proposed
from engine.signals.readings import Readings

IDENTITIES = {"a": "1a", "b": "2b", "twin of a": "1a", "t": "7t"}


def _gain(branch: str, *, status: str = "finished") -> GainLine:
    done = status == "finished"
    return GainLine(
        branch=branch,
        status=status,  # type: ignore[arg-type]
        cost=30,
        gain=0.5 if done else None,
        se=0.1 if done else None,
        gate_gain=None,
        gate_se=None,
        targets={"t": {"gain": 0.5, "se": 0.1, "metric_gain": 2.0}} if done else {},
    )


def _round(*mixtures: dict[str, float]) -> Proposed:
    return Proposed(
        round=1,
        proposals=tuple(MixtureLine(mixture=mixture, reason="") for mixture in mixtures),
        by="policy",
        rounds_left=1,
        budget_left=9,
        readings="",
    )


def _closed(*gains: GainLine) -> Closed:
    return Closed(round=1, gains=gains, control_cost=9, advanced="", checkpoint="")


def test_failed_branches_placebos_and_what_repeats_the_control_are_no_evidence() -> None:
    gains = [_gain("p1"), _gain("p2", status="failed"), _gain("p3"), _gain("placebo")]
    pairs = finished(_round({}, {"a": 1.0}, {"b": 1.0}), _closed(*gains))
    assert [gain.branch for _, gain in pairs] == ["p3"]


def test_a_branch_is_stored_by_identity_with_the_scores_of_its_tasks() -> None:
    readings = Readings(
        candidates=("b", "c", "a"),
        scores={
            "alignment": {"t": np.array([0.25, 9.0, -0.5])},
            "text": {"t": np.array([np.nan, 9.0, 0.75])},
        },
        ses={},
        sketches=None,
    )
    pairs = finished(_round({"a": 0.75, "b": 0.25}), _closed(_gain("p1")))
    (branch,) = branches_of(1, pairs, readings, identities=IDENTITIES, time_utc="2031")
    assert branch == StoredBranch(
        branch="p1",
        round=1,
        mixture={"1a": 0.75, "2b": 0.25},
        cost=30,
        gains={"7t": StoredGain(gain=0.5, se=0.1, metric_gain=2.0)},
        scores={
            "alignment": {"7t": {"1a": -0.5, "2b": 0.25}},
            "text": {"7t": {"1a": 0.75}},
        },
        time_utc="2031",
    )


def test_a_task_that_the_pool_holds_twice_has_both_shares() -> None:
    pairs = finished(_round({"a": 0.5, "b": 0.25, "twin of a": 0.25}), _closed(_gain("p1")))
    nothing = Readings(candidates=(), scores={}, ses={}, sketches=None)
    (branch,) = branches_of(1, pairs, nothing, identities=IDENTITIES, time_utc="2031")
    assert branch.mixture == {"1a": 0.75, "2b": 0.25}
