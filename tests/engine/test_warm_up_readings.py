from __future__ import annotations

import numpy as np
import pytest

from engine.campaign.roster import Roster
from engine.campaign.warm_up_readings import warm_up_readings
from engine.signals.affinity import affinity_towards
from policies import Candidate, Target

POOL = ("figs", "mood", "pears", "plums", "tally")
"""Targets stand between the candidates, so that a row taken by its number alone is a wrong one."""
RNG = np.random.default_rng(0)
ARRAYS = {
    "prefixes": RNG.normal(size=(4, 5, 16)).astype(np.float32).cumsum(axis=0),
    "tokens_per_example": np.ones(5),
    "data_maps/confidence": np.arange(5.0),
    "data_maps/variability": np.arange(5.0) / 10,
    "data_maps/correctness": np.array([0.0, 1.0, np.nan, 3.0, 4.0]),
}


def _roster(*names: str) -> Roster:
    return Roster(
        names=POOL,
        candidates=tuple(
            Candidate(name=name, family="f", num_examples=9, tokens_per_example=5.0)
            for name in names
        ),
        targets=tuple(
            Target(name=name, family="f", num_examples=9, weight=0.5) for name in ("tally", "mood")
        ),
        tokens=dict.fromkeys(POOL, 5.0),
    )


def test_affinities_and_their_errors_are_those_of_candidate_and_target() -> None:
    found = warm_up_readings(_roster("plums", "figs"), ARRAYS, {"affinity"})
    assert found.candidates == ("plums", "figs")
    whole = affinity_towards(ARRAYS["prefixes"], range(5))
    for target in ("tally", "mood"):
        column = POOL.index(target)
        rows = [POOL.index("plums"), POOL.index("figs")]
        np.testing.assert_allclose(found.scores["affinity"][target], whole.scores_KS[rows, column])
        np.testing.assert_allclose(found.ses["affinity"][target], whole.ses_KS[rows, column])
    assert set(found.scores) == set(found.ses) == {"affinity"}
    assert found.sketches is None


def test_data_maps_are_the_same_for_every_target() -> None:
    found = warm_up_readings(_roster("plums", "pears"), ARRAYS, {"confidence", "correctness"})
    assert set(found.scores) == {"confidence", "correctness"}
    assert found.ses == {}
    for target in ("tally", "mood"):
        np.testing.assert_array_equal(found.scores["confidence"][target], [3.0, 2.0])
        np.testing.assert_array_equal(found.scores["correctness"][target], [3.0, np.nan])


@pytest.mark.parametrize("signals", [frozenset[str](), frozenset({"alignment", "similarity"})])
def test_only_what_is_wanted_is_read(signals: frozenset[str]) -> None:
    found = warm_up_readings(_roster("plums"), ARRAYS, signals)
    assert (found.candidates, found.scores, found.ses) == (("plums",), {}, {})


def test_maps_that_were_never_taken_are_no_evidence() -> None:
    arrays = {name: array for name, array in ARRAYS.items() if "/" not in name}
    found = warm_up_readings(_roster("plums"), arrays, {"confidence", "affinity"})
    assert set(found.scores) == {"affinity"}
