"""The study of signals: its methods' scores, what luck reaches, its tables and pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import rankdata

from benchmarks.signal_study import design, page
from benchmarks.signal_study.compare import AT_RANDOM
from benchmarks.signal_study.costs import share_of_a_branch
from benchmarks.signal_study.luck import reach_of_luck
from benchmarks.signal_study.methods import BY_ADAM, mean_rank, of_readings, without_model
from benchmarks.signal_study.pictures import draw_gains, draw_methods
from benchmarks.signal_study.quality import Quality
from benchmarks.signal_study.signals import rows_of
from benchmarks.signal_study.table import Transfer
from benchmarks.signal_study.tables import decoys_table, luck_line, methods_table, truth_table
from benchmarks.signal_study.warm_ups import WarmUp
from engine.campaign.roster import Roster
from engine.signals.affinity import affinity_towards
from engine.signals.readings import Readings
from policies import Candidate, Target

TRUE = np.linspace(0.06, -0.06, 13) * 1.001


def transfer(target: str = "trec", *gains: NDArray[np.float64]) -> Transfer:
    names = tuple(name for name in design.TASKS if name != target)
    gains_SN = np.array(gains or [TRUE])
    return Transfer(
        target=target,
        seeds=tuple(range(len(gains_SN))),
        candidates=names,
        gains_SN=gains_SN,
        ses_SN=np.full_like(gains_SN, 0.01),
        mean_ses_N=np.full(len(names), 0.02),
        trial_gains_SN=gains_SN,
        metrics_SN=0.5 + gains_SN,
    )


def roster() -> Roster:
    candidates = tuple(
        Candidate(name=name, family=family, num_examples=size, tokens_per_example=5.0)
        for name, family, size in (("a", "news", 10), ("b", "mood", 20), ("c", "mood", 30))
    )
    target = Target(name="t", family="mood", num_examples=9, weight=1.0)
    return Roster(names=("a", "b", "c", "t"), candidates=candidates, targets=(target,), tokens={})


def readings() -> Readings:
    columns = {
        "alignment": [0.3, 0.2, 0.1],
        "affinity": [0.1, 0.2, np.nan],
        "text": [0.9, 0.5, 0.4],
    }
    return Readings(
        candidates=("a", "b", "c"),
        scores={signal: {"t": np.array(scores)} for signal, scores in columns.items()},
        ses={"alignment": {"t": np.array([0.01, 0.02, np.nan])}},
    )


def test_what_is_known_without_a_model_is_size_family_and_nothing() -> None:
    said = {(row.method, row.source): row.score for row in without_model(roster(), seed=1)}
    assert [said["number of examples", name] for name in "abc"] == [10, 20, 30]
    assert [said["same family", name] for name in "abc"] == [0, 1, 1]
    drawn = [said["a score out of a hat", name] for name in "abc"]
    assert len(set(drawn)) == 3
    again = {(row.method, row.source): row.score for row in without_model(roster(), seed=2)}
    assert again["a score out of a hat", "a"] not in drawn


def test_readings_become_a_row_for_each_signal_and_candidate() -> None:
    rows = list(of_readings(readings(), "t", seed=4, how=", 16"))
    found = {(row.method, row.source): (row.score, row.se) for row in rows}
    assert len(found) == 9
    assert found["alignment, 16", "b"] == (0.2, 0.02)
    assert np.isnan(found["affinity, 16", "c"]).all()
    assert {(row.seed, row.target) for row in rows} == {(4, "t")}


def test_the_mean_rank_is_the_order_in_which_measure_shows_candidates() -> None:
    rows = {row.source: row for row in mean_rank(readings(), "t", seed=0, how=", 64")}
    assert {name: row.score for name, row in rows.items()} == {"a": -1, "b": -2, "c": -3}
    assert rows["a"].method == "mean rank, 64"
    with pytest.raises(ValueError, match="affinity"):
        list(mean_rank(Readings(candidates=("a",)), "t", seed=0))


def passed(signals: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    """Arrays of a pass over all tasks: the signal's number in fifths, the task's in hundredths."""
    size = len(design.TASKS)
    numbers = np.linspace(0.01, 0.01 * size, size)
    columns = {
        f"{kind}/{signal}/{target}": 0.2 * number + numbers + (target == "trec") * 0.005
        for kind in ("scores", "ses")
        for number, signal in enumerate(signals)
        for target in ("trec", "tweet_emotion")
    }
    others = {name: numbers for name in ("losses", "loss_ses", "square", "noise")}
    nothing = {"sketches": np.zeros((size, 0)), "embeddings": np.zeros((size, 0))}
    return {**columns, **others, **nothing, "target_embeddings/tweet_emotion": np.zeros(0)}


def test_passes_over_all_tasks_are_read_for_one_target() -> None:
    names = [name for name in design.TASKS if name != "trec"]
    alone = Roster(
        names=design.TASKS,
        candidates=tuple(
            Candidate(name=name, family="f", num_examples=9, tokens_per_example=5.0)
            for name in names
        ),
        targets=(Target(name="trec", family="f", num_examples=9, weight=1.0),),
        tokens={},
    )
    prefixes = np.random.default_rng(0).normal(size=(4, len(design.TASKS), 8)).astype(np.float32)
    warm_up = WarmUp(checkpoint="a", prefixes=prefixes, data_maps={}, moments="b")
    passes = {"": passed(("lookahead", "text", "alignment")), BY_ADAM: passed(("descent",))}
    rows = list(rows_of(alone, warm_up, passes, probe=16, seed=2))
    found = {(row.method, row.source): row.score for row in rows}
    assert {row.method for row in rows} == {
        "lookahead, 16",
        "text, 16",
        "alignment, 16",
        "loss, 16",
        "mean rank, 16",
        "descent by Adam, 16",
    }
    for name in names:
        assert found["text, 16", name] == pytest.approx(0.215 + 0.01 * design.TASKS.index(name))
        assert found["loss, 16", name] == pytest.approx(0.01 + 0.01 * design.TASKS.index(name))
    # Text and alignment rank alike here, so that only affinity can move a candidate.
    affinity = affinity_towards(prefixes, [design.TASKS.index("trec")]).scores_KS[:, 0]
    of_names = rankdata([affinity[design.TASKS.index(name)] for name in names])
    sums = of_names + 2 * np.arange(len(names))
    best_first = np.argsort([-found["mean rank, 16", name] for name in names])
    assert (np.diff(sums[best_first]) <= 0).all()
    assert best_first.tolist() != list(range(len(names)))[::-1]


def test_luck_reaches_what_the_theory_of_rank_correlation_says() -> None:
    rng = np.random.default_rng(0)
    one = reach_of_luck([transfer()], rng)
    # A rank correlation of 13 without meaning: 0.553 is exceeded in one of 20 (tables of Spearman's
    # coefficient, both sides).
    assert one == pytest.approx(0.553, abs=0.02)
    # Only the order of gains counts.
    curved = reach_of_luck([transfer("trec", np.exp(99 * TRUE))], np.random.default_rng(5))
    assert curved == pytest.approx(reach_of_luck([transfer()], np.random.default_rng(5)))
    six = [transfer(target) for target in design.TARGETS]
    assert reach_of_luck(six, rng) == pytest.approx(1.96 / np.sqrt(12 * 6), abs=0.01)


def test_luck_strikes_all_targets_at_once_where_scores_are_alike() -> None:
    names = design.TASKS
    gains = {name: 0.01 * number for number, name in enumerate(names)}
    alike = [
        transfer(target, np.array([gains[name] for name in names if name != target]))
        for target in design.TARGETS
    ]
    reach = reach_of_luck(alike, np.random.default_rng(0), alike=True)
    # All targets have the candidates in one order: six of them are hardly more than one.
    assert 0.45 < reach < 0.56


def test_a_method_costs_the_examples_that_are_read_for_it() -> None:
    branch = 20 * 32
    assert share_of_a_branch("alignment, 64") == pytest.approx(64 * (1 + 1 / 13) / branch)
    assert share_of_a_branch("alignment by Adam, 64") == share_of_a_branch("alignment, 64")
    assert share_of_a_branch("loss, 16") == pytest.approx(16 / branch)
    # Its own probe once, the target's before all steps and after each one.
    assert share_of_a_branch("lookahead, 16") == pytest.approx(16 * (2 + 1 / 13) / branch)
    assert share_of_a_branch("mean rank, 16") == pytest.approx(16 * (2 + 2 / 13) / branch)
    assert share_of_a_branch("confidence") == pytest.approx(4 * 32 / branch)
    assert share_of_a_branch("affinity") == share_of_a_branch("same family") == 0.0


def test_the_truth_s_table_counts_what_is_certain() -> None:
    row = truth_table([transfer("trec", TRUE, TRUE)]).splitlines()[-1]
    # Errors of 0.02; gains of a little more than 0.06, 0.05, ..., -0.06.
    assert row == "| trec | 2 | -0.060 to +0.060 | 0.020 | 6 of 13 | +1.00 | 1.00 |"
    assert truth_table([transfer()]).endswith("| 6 of 13 | - | - |")


def test_the_methods_table_holds_means_over_targets() -> None:
    found = {
        "affinity": {
            "trec": quality(0.5, regret=0.004),
            "tweet_emotion": quality(-0.1, regret=0.002),
            "snli": quality(0.2, regret=0.003),
        }
    }
    same = {"trec": {0: TRUE, 1: TRUE}, "tweet_emotion": {0: TRUE}, "snli": {0: TRUE, 3: -TRUE}}
    same["sst2"] = {0: np.ones(13), 1: TRUE}
    row = methods_table(found, {"affinity": same}).splitlines()[-1]
    assert row == (
        "| affinity | 0 % | +0.20 [-0.10, +0.50] | 2 of 3 | +0.10 | +0.00 | 0.75 | 20 | 3 | 1.5 % |"
    )
    assert "| 2 of 3 | +0.10 | - | 0.75 |" in methods_table(found, {})


def quality(spearman: float, *, regret: float) -> Quality:
    return Quality(
        spearman=spearman,
        ndcg=0.75,
        regret=regret,
        first_regret=0.02,
        metric_regret=0.015,
        own_spearman=0.1,
    )


def test_the_decoys_places_are_told_in_truth_and_by_method() -> None:
    one = transfer()
    first_N = np.zeros(13)
    first_N[one.candidates.index("decoy_captions_shuffled")] = 1.0
    unknown_N = np.full(13, np.nan)
    signals = {"text": {"trec": {0: first_N}}, "loss": {"trec": {0: first_N, 1: unknown_N}}}
    assert decoys_table([one], signals).splitlines() == [
        "| method | decoy_reviews_shuffled | decoy_captions_shuffled |",
        "| --- | ---: | ---: |",
        "| the truth | 4.0 | 3.0 |",
        "| text | 7.5 | 1.0 |",
        "| loss | 7.2 | 4.0 |",
    ]


def test_a_page_keeps_its_words_and_gets_new_tables() -> None:
    old = "a\n<!-- one -->\nold | table\n<!-- end -->\nb\n<!-- two -->\n<!-- end -->\nc"
    new = page.filled_in(old, {"one": r"| 1 \1 |", "two": "| 2 |"})
    assert new == old.replace("old | table", r"| 1 \1 |").replace("two -->", "two -->\n| 2 |")
    assert page.filled_in(new, {"one": "| 3 |"}).count("| 1 ") == 0
    with pytest.raises(ValueError, match="three"):
        page.filled_in(old, {"three": ""})


def test_the_study_s_page_has_a_place_for_every_table() -> None:
    written = (design.REPOSITORY / "docs" / "signals.md").read_text()
    tables = dict.fromkeys(("truth", "methods", "luck", "decoys"), "new")
    assert page.filled_in(written, tables).count("\nnew\n") == 4


def test_pictures_are_the_same_bytes_for_the_same_study(tmp_path: Path) -> None:
    measured = [transfer("trec", TRUE, TRUE**2), transfer("tweet_emotion")]
    found = {"text, 16": {"trec": quality(0.1, regret=0.1)}, AT_RANDOM: {}}
    found[AT_RANDOM] = {"trec": quality(0.0, regret=0.2)}
    for name in ("first", "second"):
        draw_gains(measured, tmp_path / f"{name}-gains.png")
        draw_methods(found, tmp_path / f"{name}.png", luck=0.2, references=[AT_RANDOM])
    for kind in ("-gains.png", ".png"):
        first = (tmp_path / f"first{kind}").read_bytes()
        assert first.startswith(b"\x89PNG")
        assert first == (tmp_path / f"second{kind}").read_bytes()
    assert luck_line(measured).count("±") == 2
