"""Readings are kept, cut and looked up without a number going astray."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.campaign.measured_readings import Arrays, MeasuredJobs, measured_readings
from engine.campaign.roster import Roster
from engine.ledger.result_store import keep_readings, read_readings
from engine.signals.readings import (
    Columns,
    Readings,
    as_arrays,
    by_candidate,
    from_arrays,
    joined,
    of,
    only,
    without,
)
from engine.signals.similarity import unit_rows
from engine.signals.sketch import WIDTH, fold, width_for
from engine.signals.steadied import steadied
from policies import Candidate, Target

NAMES = ("pears", "apples", "figs")
TASKS = ("figs", "target", "pears", "plums", "apples")


def _column(*numbers: float) -> NDArray[np.float64]:
    return np.array(numbers, dtype=np.float64)


def _readings() -> Readings:
    return Readings(
        candidates=NAMES,
        scores={
            "alignment": {"target": _column(0.5, np.nan, -0.25), "other": _column(1.0, 2.0, 3.0)},
            "loss": {"target": _column(np.nan, np.nan, 1e-300)},
        },
        ses={"alignment": {"target": _column(0.1, np.nan, 0.2)}},
        sketches=np.array([[1, 0], [0, 0], [0, 1]], dtype=np.float32),
    )


def _same(one: Columns, other: Columns) -> bool:
    flat = [
        {(s, t): c.tobytes() for s, by in columns.items() for t, c in by.items()}
        for columns in (one, other)
    ]
    return flat[0] == flat[1]


def test_readings_come_back_from_disk_bit_by_bit_whatever_the_order_of_tasks(
    tmp_path: Path,
) -> None:
    readings = _readings()
    sha256 = keep_readings(readings, tmp_path, tasks=TASKS, number=0)
    back = read_readings(sha256, tmp_path, tasks=sorted(TASKS))
    assert back.candidates == NAMES
    assert _same(back.scores, readings.scores) and _same(back.ses, readings.ses)
    assert readings.sketches is not None and back.sketches is not None
    assert back.sketches.tobytes() == readings.sketches.tobytes()
    assert keep_readings(back, tmp_path, tasks=TASKS[::-1], number=3) == sha256


def test_readings_without_sketches_have_none_after_all() -> None:
    arrays = as_arrays(replace(_readings(), sketches=None), TASKS)
    assert from_arrays(arrays, TASKS).sketches is None


def test_what_is_no_number_has_no_key() -> None:
    found = by_candidate(_readings().scores, NAMES)
    assert found == {
        "pears": {"alignment": {"target": 0.5, "other": 1.0}},
        "apples": {"alignment": {"other": 2.0}},
        "figs": {"alignment": {"target": -0.25, "other": 3.0}, "loss": {"target": 1e-300}},
    }
    infinite = by_candidate({"loss": {"target": _column(np.inf, -np.inf, 0.0)}}, NAMES)
    assert infinite == {"pears": {}, "apples": {}, "figs": {"loss": {"target": 0.0}}}


def test_a_withdrawn_candidate_takes_its_row_of_everything_along() -> None:
    left = without(_readings(), {"apples", "nobody"})
    assert left.candidates == ("pears", "figs")
    assert left.scores["alignment"]["target"].tolist() == [0.5, -0.25]
    assert left.ses["alignment"]["target"].tolist() == [0.1, 0.2]
    assert left.sketches is not None and left.sketches.tolist() == [[1, 0], [0, 1]]


def test_of_a_candidate_without_a_row_nothing_is_known() -> None:
    found = of(_readings(), ["figs", "plums"])
    assert by_candidate(found.scores, found.candidates)["plums"] == {}
    assert found.scores["alignment"]["other"][0] == 3.0
    assert found.sketches is not None and found.sketches.tolist() == [[0, 1], [0, 0]]


def test_readings_side_by_side_keep_each_others_signals() -> None:
    bare = Readings(candidates=NAMES)
    more = Readings(candidates=NAMES, scores={"text": {"target": _column(1, 2, 3)}})
    both = joined(bare, _readings(), more)
    assert set(only(both, {"text", "loss"}).scores) == {"text", "loss"}
    assert not only(both, {"loss"}).ses and only(both, {"loss"}).sketches is None
    assert only(both, {"similarity"}).sketches is not None and not only(both, {"x"}).scores
    assert set(both.scores) == {"alignment", "loss", "text"} and both.sketches is not None
    assert joined(bare).sketches is None


def _roster(*names: str) -> Roster:
    candidates = tuple(
        Candidate(name=name, family="fruit", num_examples=1, tokens_per_example=1.0)
        for name in names
    )
    target = Target(name="target", family="fruit", num_examples=1, weight=1.0)
    tokens = dict.fromkeys(TASKS, 1.0)
    return Roster(names=TASKS, candidates=candidates, targets=(target,), tokens=tokens)


def _arrays(*rows: int, sketches: NDArray[np.float32], **columns: NDArray[np.float64]) -> Arrays:
    """What a measuring job found; each of `rows` is the number that stands for a task."""
    numbers = _column(*rows)
    return {
        "scores/alignment/target": numbers / 10,
        "ses/alignment/target": numbers / 100,
        "losses": numbers,
        "loss_ses": numbers / 2,
        "square": np.ones(len(rows)),
        "noise": np.full(len(rows), 0.5),
        "sketches": sketches,
        "embeddings": np.zeros((len(rows), 0), dtype=np.float32),
        **columns,
    }


def test_rows_of_measuring_jobs_find_their_candidates() -> None:
    sketches = np.eye(3, WIDTH, dtype=np.float32) * 5
    jobs: MeasuredJobs = [
        (("figs", "plums"), _arrays(1, 2, sketches=sketches[:2])),
        (("pears",), _arrays(3, sketches=sketches[2:])),
    ]
    found = measured_readings(_roster("pears", "figs"), jobs)
    assert found.candidates == ("pears", "figs")
    assert found.scores["alignment"]["target"].tolist() == [0.3, 0.1]
    assert found.scores["loss"]["target"].tolist() == [3, 1]
    assert found.ses["loss"]["target"].tolist() == [1.5, 0.5]
    assert found.sketches is not None
    assert found.sketches.tobytes() == np.eye(3, WIDTH, dtype=np.float32)[[2, 0]].tobytes()
    assert measured_readings(_roster("pears"), []).candidates == ("pears",)


def test_only_open_candidates_have_a_say_in_each_others_errors() -> None:
    """Those of a candidate that was withdrawn are not known better than its score is wanted."""
    none = np.zeros((1, 0), dtype=np.float32)
    with_plums: MeasuredJobs = [
        (("figs",), _arrays(1, sketches=none)),
        (("plums",), _arrays(9, sketches=none)),
    ]
    found = measured_readings(_roster("figs"), with_plums)
    alone = measured_readings(_roster("figs"), with_plums[:1])
    assert found.ses["alignment"]["target"].tolist() == alone.ses["alignment"]["target"].tolist()
    assert found.sketches is None


def test_errors_of_cosines_feel_noise_beside_the_length_and_those_of_products_do_not() -> None:
    none = np.zeros((2, 0), dtype=np.float32)
    noise, square = _column(0.2, 3.0), _column(1.0, 50.0)
    arrays = _arrays(5, 8, sketches=none, noise=noise, square=square)
    ses = _column(0.1, 0.2)
    arrays = {**arrays, "ses/alignment/target": ses, "ses/descent/target": ses}
    found = measured_readings(_roster("figs", "pears"), [(("figs", "pears"), arrays)])
    across = noise / square * _column(1 - 0.5**2, 1 - 0.8**2)
    for signal, expected in (("alignment", across), ("descent", noise)):
        np.testing.assert_allclose(found.ses[signal]["target"], steadied(ses, expected))


def test_centroids_leave_out_what_all_open_candidates_have_in_common() -> None:
    embeddings = np.array([[10, 1, 0], [10, -1, 0], [10, 50, 50]], dtype=np.float32)
    target = np.array([10, 2, 0], dtype=np.float32)
    none = np.zeros((3, 0), dtype=np.float32)
    arrays = _arrays(1, 2, 3, sketches=none)
    arrays = {**arrays, "embeddings": embeddings, "target_embeddings/target": target}
    found = measured_readings(_roster("figs", "pears"), [(("pears", "figs", "plums"), arrays)])
    np.testing.assert_allclose(found.scores["centroid"]["target"], [-1.0, 1.0], atol=1e-6)
    assert "centroid" not in measured_readings(
        _roster("figs"), [(("figs",), _arrays(1, sketches=none[:1]))]
    ).scores  # fmt: skip


@pytest.mark.parametrize(
    ("num", "width"), [(1, 4096), (10_000, 4096), (10_001, 2048), (100_000, 256)]
)
def test_sketches_of_all_candidates_stay_below_160_mb(num: int, width: int) -> None:
    assert width_for(num) == width
    assert num * width * 4 <= 163_840_000


def test_folded_sketches_still_tell_cosines_and_still_add_up() -> None:
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(40, WIDTH)).astype(np.float32)
    wide += 2 * rng.normal(size=WIDTH).astype(np.float32)
    narrow = fold(wide, 512)
    assert narrow.shape == (40, 512)
    np.testing.assert_allclose(fold(wide[:1] + wide[1:2], 512), narrow[:1] + narrow[1:2], atol=1e-4)
    unit, exact = unit_rows(narrow), unit_rows(wide)
    off = (unit @ unit.T - exact @ exact.T)[np.triu_indices(40, k=1)]
    assert np.sqrt(np.mean(off**2)) < 2 / np.sqrt(512)
    np.testing.assert_array_equal(fold(wide, WIDTH), wide)
    places = fold(np.eye(WIDTH, dtype=np.float32)[[3, 512, 4095]], 512)
    assert places.argmax(axis=1).tolist() == [3, 0, 511]
