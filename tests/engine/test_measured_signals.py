"""What `sextant measure` writes: who stands where, in which order, and what is no evidence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from engine.campaign.measuring import Measured
from engine.campaign.signal_files import table_text, write_signals
from engine.signals.clustering import clustered_order
from engine.signals.heatmaps import panels
from engine.signals.readings import Readings
from engine.signals.similarity import similarity, unit_rows
from engine.signals.sources import OF_NO_TARGET
from engine.signals.standing import standings
from policies import SIGNALS

NAN = float("nan")


def column(*values: float) -> NDArray[np.float64]:
    return np.array(values)


def measured(**scores: NDArray[np.float64]) -> Measured:
    """Five candidates a to e and the target t; e was not measured by gradients."""
    groups = np.array([[1, 0], [0, 1], [1, 0.1], [0.1, 1], [0, 0]], dtype=np.float32)
    return Measured(
        tasks=("a", "b", "c", "d", "e", "t"),
        affinity_KK=np.eye(6),
        affinity_reliability=0.5,
        targets=("t",),
        readings=Readings(
            candidates=("a", "b", "c", "d", "e"),
            scores={name: {"t": values} for name, values in scores.items()},
            ses={"alignment": {"t": column(0.01, 0.02, 0.03, 0.04, NAN)}},
            sketches=unit_rows(groups),
        ),
    )


ALIGNMENT = column(0.5, -0.4, 0.1, 0.0, NAN)


def test_candidates_stand_by_their_mean_rank() -> None:
    """By alignment a, c, d, b, with e in the middle; by affinity a, e, d, c, b."""
    found = standings(
        measured(alignment=ALIGNMENT, affinity=column(0.9, -0.9, 0.0, 0.1, 0.2)).readings, "t"
    )
    assert [one.candidate for one in found] == ["a", "e", "c", "d", "b"]
    assert [one.place for one in found] == [1, 2, 3, 4, 5]
    assert found[0].reason == "high in alignment, affinity"
    assert found[-1].reason == "low in alignment, affinity"


def test_a_signal_that_is_not_ranked_by_changes_no_place() -> None:
    plain = standings(measured(alignment=ALIGNMENT).readings, "t")
    more = standings(measured(alignment=ALIGNMENT, loss=column(9, 1, 5, 2, 7)).readings, "t")
    assert [one.candidate for one in plain] == [one.candidate for one in more]
    assert more[0].scores["loss"] == 9


def test_what_is_no_evidence_is_in_no_score() -> None:
    (last,) = [
        one
        for one in standings(measured(alignment=ALIGNMENT).readings, "t")
        if one.candidate == "e"
    ]
    assert last.scores == {} and last.ses == {}
    assert last.reason == "in the middle"


def test_a_difference_within_its_standard_error_is_called_noise_and_not_high_or_low() -> None:
    scores = {"alignment": {"t": column(-0.003, -0.037)}, "text": {"t": column(0.28, 0.37)}}
    ses = {"alignment": {"t": column(0.08, 0.03)}}
    first, second = standings(
        Readings(candidates=("reviews", "chats"), scores=scores, ses=ses), "t"
    )
    assert (first.candidate, second.candidate) == ("chats", "reviews")
    assert first.reason == "high in text; low in alignment"
    assert second.reason == "low in text; within noise in alignment"


@pytest.mark.parametrize(
    ("reliability", "said"),
    [
        (-0.5, "-0.50: do not believe affinity here"),
        (0.4, "+0.40: affinity is a hint here, no more"),
        (0.9, "+0.90: the two halves agree"),
    ],
)
def test_the_table_says_what_affinitys_reliability_means(reliability: float, said: str) -> None:
    found = replace(measured(alignment=ALIGNMENT), affinity_reliability=reliability)
    assert table_text(found).endswith(f"): {said}\n")


def test_like_tasks_stand_together() -> None:
    rng = np.random.default_rng(0)
    centres = np.eye(4)[np.arange(12) % 4]
    rows = similarity(
        (np.hstack([centres, np.zeros((12, 4))]) + rng.normal(0, 0.05, (12, 8))).astype(np.float32)
    )
    groups = (np.arange(12) % 4)[clustered_order(rows)]
    assert (np.diff(groups) != 0).sum() == 3


def test_tasks_without_evidence_go_last() -> None:
    cosines = similarity(np.array([[0, 0], [1, 0], [0, 1], [1, 0.1], [1, 0]], dtype=np.float32))
    assert clustered_order(cosines)[-1] == 0


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_few_tasks_have_an_order_too(count: int) -> None:
    assert sorted(clustered_order(np.eye(count))) == list(range(count))


def test_every_file_is_written_and_reads_back(tmp_path: Path) -> None:
    written = write_signals(measured(alignment=ALIGNMENT), tmp_path)
    assert {path.name for path in written} == {
        "signals.parquet",
        "signals.png",
        "signals.md",
        "affinity.parquet",
        "affinity.png",
        "similarity.parquet",
        "similarity.png",
    }
    assert all(path.stat().st_size for path in written)
    table = pq.read_table(tmp_path / "signals.parquet").to_pydict()
    assert table["candidate"] == ["a", "b", "c", "d", "e"]
    assert table["alignment"] == [0.5, -0.4, 0.1, 0.0, None]
    assert table["alignment_se"] == [0.01, 0.02, 0.03, 0.04, None]
    square = pq.read_table(tmp_path / "similarity.parquet").to_pydict()
    assert square["task"] == ["a", "b", "c", "d", "e"]
    assert square["a"][2] == pytest.approx(1 / np.sqrt(1.01))


def test_the_table_shows_each_candidate_once() -> None:
    text = table_text(measured(alignment=ALIGNMENT))
    assert text.startswith("## Candidates for t\n")
    for name in "abcde":
        assert text.count(f"| {name} |") == 1
    assert "| -0.400 ±0.02 |" in text
    assert "| - |" in text


def test_a_task_that_is_called_task_keeps_its_column(tmp_path: Path) -> None:
    found = measured(alignment=ALIGNMENT)
    names = ("task", "b", "c", "d", "e")
    readings = replace(found.readings, candidates=names)
    affinity_KK = np.full((6, 6), 0.25) + 0.75 * np.eye(6)
    found = replace(found, tasks=(*names, "t"), affinity_KK=affinity_KK, readings=readings)
    write_signals(found, tmp_path)
    square = pq.read_table(tmp_path / "affinity.parquet").to_pydict()
    assert square[".task"] == [*names, "t"]
    assert square["task"] == [1.0, *[0.25] * 5]


def test_pictures_say_what_is_no_evidence_and_which_signals_concern_no_target() -> None:
    signals = {"alignment": column(0.5, NAN)[:, None], "loss": column(0.06, 2.0)[:, None]}
    figure = panels(("a", "b"), ("t",), signals)
    by_signal = {axes.get_title(): axes for axes in figure.axes}
    named = {
        signal: [text.get_text() for text in by_signal[signal].get_xticklabels()]
        for signal in signals
    }
    assert named == {"alignment": ["t"], "loss": ["itself"]}
    assert [text.get_text() for text in by_signal["alignment"].texts] == ["0.5", "-"]
    assert figure.get_supxlabel() == "grey: no evidence"


def test_of_more_than_ten_tasks_no_numbers_are_written_into_the_picture() -> None:
    rows = [f"t{number}" for number in range(11)]
    figure = panels(rows, ("t",), {"text": np.linspace(0, 1, 11)[:, None]})
    assert not figure.axes[0].texts and figure.get_supxlabel() == ""


def test_signals_that_concern_no_target_are_known_signals() -> None:
    assert set(SIGNALS) >= OF_NO_TARGET
