"""DoReMi, DoGE and online data mixing: the update rules, by hand, and what they remember."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from small_views import candidate, finished, mixtures, view_of

from policies import Observation, Outcome, Policy, Proposal, Round, View
from policies.mixture_models.doge import DoGE
from policies.mixture_models.doremi import DoReMi
from policies.mixture_models.odm import OnlineDataMixing


def scored(signal: str, scores: Mapping[str, float]) -> View:
    return view_of(*(candidate(name, {signal: score}) for name, score in scores.items()))


def gradients(descents: Mapping[str, float], alignments: Mapping[str, float]) -> View:
    return view_of(
        *(
            candidate(name, {"descent": descent, "alignment": alignments[name]})
            for name, descent in descents.items()
        )
    )


def softmax(*logs: float) -> list[float]:
    rates = np.exp(np.array(logs))
    return list(rates / rates.sum())


def test_doremi_multiplies_even_weights_by_the_exponential_of_excess_loss() -> None:
    # An excess below 0, which no campaign measures, would count as none.
    view = scored("excess", {"a": 0.5, "b": -0.3, "c": 0.2})
    (mixture,) = mixtures(DoReMi(step=2.0, smoothing=0.3), view)
    expected = [0.7 * share + 0.1 for share in softmax(1.0, 0.0, 0.4)]
    assert mixture == pytest.approx(dict(zip("abc", expected, strict=True)))


def test_doremi_goes_on_from_the_weights_of_the_round_before() -> None:
    view = scored("excess", {"a": 0.0, "b": 1.0})
    first = finished(0, ({"a": 0.2, "b": 0.8}, 0.01), ({"a": 0.9, "b": 0.1}, 0.01))
    last = finished(1, ({"a": 0.75, "b": 0.25}, -0.5), ({"a": 1.0}, 0.9))
    view = replace(view, history=(first, last))
    current, average = mixtures(DoReMi(smoothing=0.0), view)
    grown = 0.25 * np.e / (0.75 + 0.25 * np.e)
    assert current["b"] == pytest.approx(grown)
    # Over the first mixtures of the rounds, this one included.
    assert average["b"] == pytest.approx((0.8 + 0.25 + grown) / 3)


def test_doremi_ends_with_the_average_of_its_rounds() -> None:
    view = scored("excess", {"a": 9.0, "b": 0.0})
    rounds = (finished(0, ({"a": 0.2, "b": 0.8}, 0.01)), finished(1, ({"a": 0.6, "b": 0.4}, 0.01)))
    frozen = replace(view, history=rounds, rounds_left=0)
    assert mixtures(DoReMi(), frozen) == [pytest.approx({"a": 0.4, "b": 0.6})]


def test_a_failed_branch_is_still_the_weights_of_its_round() -> None:
    lost = Observation(
        proposal=Proposal(mixture={"a": 0.9, "b": 0.1}, reason="a test"),
        outcome=Outcome(status="failed", cost=0),
    )
    view = scored("excess", {"a": 0.0, "b": 0.0})
    view = replace(view, history=(Round(number=0, observations=(lost,)),), max_proposals=1)
    assert mixtures(DoReMi(smoothing=0.0), view) == [pytest.approx({"a": 0.9, "b": 0.1})]


def test_rounds_of_the_target_alone_and_withdrawn_tasks_leave_the_rest_of_the_weights() -> None:
    rounds = (
        finished(0, ({"a": 0.3, "b": 0.1, "gone": 0.6}, 0.0)),
        finished(1, ({}, 0.0)),
        Round(number=2, observations=()),
    )
    view = replace(scored("excess", {"a": 0.0, "b": 0.0}), history=rounds, max_proposals=1)
    assert mixtures(DoReMi(smoothing=0.0), view) == [pytest.approx({"a": 0.75, "b": 0.25})]


def test_a_task_that_was_left_out_can_come_back() -> None:
    view = scored("excess", {"a": 0.0, "b": 30.0})
    view = replace(view, history=(finished(0, ({"a": 1.0}, 0.0)),), max_proposals=1)
    (mixture,) = mixtures(DoReMi(smoothing=0.0), view)
    assert mixture["b"] > 0.99


def test_a_set_that_weights_were_cut_to_is_not_taken_for_weights() -> None:
    view = scored("excess", {"a": 0.0, "b": 0.1, "c": 1.0})
    cut = finished(0, ({"a": 0.5, "b": 0.5}, 0.01))
    (mixture,) = mixtures(DoReMi(smoothing=0.0), replace(view, history=(cut,), exactly=2))
    expected = softmax(0.0, 0.1, 1.0)
    assert mixture == pytest.approx(dict(zip("abc", expected, strict=True)))
    # Where the number is wanted of the frozen mixture alone, the rounds before had weights.
    free = finished(0, ({"a": 0.6, "b": 0.3, "c": 0.1}, 0.01))
    frozen = replace(view, history=(free,), exactly=2, rounds_left=0)
    (mixture,) = mixtures(DoReMi(), frozen)
    assert mixture == pytest.approx({"a": 0.6, "b": 0.3, "c": 0.1})


def test_smoothing_leaves_every_task_a_share() -> None:
    (mixture,) = mixtures(DoReMi(smoothing=0.1), scored("excess", {"a": 500.0, "b": 0.0}))
    assert mixture == pytest.approx({"a": 0.95, "b": 0.05})


def test_doge_scores_are_inner_products_over_the_mean_length_of_gradients() -> None:
    # Lengths |g||v|: a 2, b 4 and c 6; mean 4. Scores: a 1/4, b 0.4/4, c cut to 0.
    view = gradients({"a": 1.0, "b": 0.4, "c": -3.0}, {"a": 0.5, "b": 0.1, "c": -0.5})
    length = (1.0 + 0.4 + 3.0) / (0.5 + 0.1 + 0.5)
    (mixture,) = mixtures(DoGE(step=3.0), view)
    expected = softmax(3.0 * 1.0 / length, 3.0 * 0.4 / length, 0.0)
    assert mixture == pytest.approx(dict(zip("abc", expected, strict=True)))


@pytest.mark.parametrize("factor", [1e-30, 1e30])
def test_doge_does_not_depend_on_the_size_of_gradients(factor: float) -> None:
    descents, alignments = {"a": 1.0, "b": 0.4, "c": -3.0}, {"a": 0.5, "b": 0.1, "c": -0.5}
    scaled = {name: descent * factor for name, descent in descents.items()}
    one = mixtures(DoGE(), gradients(descents, alignments))
    other = mixtures(DoGE(), gradients(scaled, alignments))
    assert other[0] == pytest.approx(one[0])


def test_doge_bounds_a_single_score() -> None:
    # One gradient is thousands of times as long as the others: its score would be 9.4.
    names = [f"t{at:02d}" for at in range(20)]
    descents = {name: 0.001 for name in names} | {"t00": 2.0}
    alignments = {name: 0.5 for name in names} | {"t00": 0.0001}
    (mixture,) = mixtures(DoGE(step=1.0), gradients(descents, alignments))
    assert mixture["t00"] / mixture["t01"] == pytest.approx(np.exp(5.0), rel=0.01)


def test_doge_remembers_and_ends_with_its_average() -> None:
    view = gradients({"a": 1.0, "b": -1.0}, {"a": 0.5, "b": -0.5})
    rounds = (finished(0, ({"a": 0.5, "b": 0.5}, 0.0)), finished(1, ({"a": 0.7, "b": 0.3}, 0.0)))
    view = replace(view, history=rounds)
    current, _ = mixtures(DoGE(step=1.0), view)
    grown = 0.7 * np.exp(0.5)
    assert current["a"] == pytest.approx(grown / (grown + 0.3))
    assert mixtures(DoGE(), replace(view, rounds_left=0)) == [pytest.approx({"a": 0.6, "b": 0.4})]


def test_without_signals_weights_stay_even() -> None:
    view = view_of(candidate("a"), candidate("b", size=9))
    for policy in (DoReMi(), DoGE(), OnlineDataMixing()):
        assert mixtures(policy, view) == [pytest.approx({"a": 0.5, "b": 0.5})]


def test_online_data_mixing_prefers_high_losses_and_flattens_with_time() -> None:
    losses = {"a": 2.0, "b": 1.0, "c": 0.5, "d": 0.5}
    view = scored("loss", losses)
    policy = OnlineDataMixing(updates=25)

    def worked(before: int, now: int) -> dict[str, float]:
        # K eps = sqrt(K ln K / t), K = 4.
        rate, even = (np.sqrt(4 * np.log(4) / (25 * rounds)) for rounds in (before, now))
        shares = softmax(*(rate * loss for loss in losses.values()))
        return {n: (1 - even) * s + even / 4 for n, s in zip(losses, shares, strict=True)}

    assert mixtures(policy, view) == [pytest.approx(worked(1, 1))]
    rounds = tuple(finished(number, ({"a": 1.0}, 0.0)) for number in range(3))
    assert mixtures(policy, replace(view, history=rounds)) == [pytest.approx(worked(3, 4))]
    assert worked(1, 1)["a"] > worked(3, 4)["a"] > 0.25


def test_with_many_tasks_and_few_updates_exploration_takes_all() -> None:
    view = scored("loss", {f"t{at}": float(at) for at in range(1, 9)})
    assert mixtures(OnlineDataMixing(updates=1), view)[0] == pytest.approx(
        {f"t{at}": 1 / 8 for at in range(1, 9)}
    )


def test_a_loss_that_is_not_known_counts_as_the_mean() -> None:
    view = scored("loss", {"a": 3.0, "b": 1.0, "c": 0.0})
    (mixture,) = mixtures(OnlineDataMixing(updates=1000), view)
    assert mixture["a"] > mixture["c"] > mixture["b"]
    assert mixture["c"] ** 2 == pytest.approx(mixture["a"] * mixture["b"], rel=0.05)


@pytest.mark.parametrize("score", [1e30, 1e-30, -1e30])
@pytest.mark.parametrize("policy", [DoReMi(), DoGE(), OnlineDataMixing()], ids=repr)
def test_extreme_scores_give_mixtures_all_the_same(policy: Policy, score: float) -> None:
    tasks = [
        candidate(name, dict.fromkeys(("loss", "excess", "descent", "alignment"), value))
        for name, value in {"a": score, "b": 0.5, "c": 0.0}.items()
    ]
    (mixture,) = mixtures(policy, view_of(*tasks))
    assert sum(mixture.values()) == pytest.approx(1.0)
    assert all(np.isfinite(share) and share > 0 for share in mixture.values())


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: DoReMi(step=0), "step must be above 0 but got 0"),
        (lambda: DoReMi(smoothing=-0.1), "smoothing must be at least 0 but got -0.1"),
        (lambda: DoReMi(smoothing=1.1), "smoothing must be at most 1 but got 1.1"),
        (lambda: DoGE(step=0), "step must be above 0 but got 0"),
        (lambda: OnlineDataMixing(updates=0), "updates must be at least 1 but got 0"),
    ],
)
def test_options_out_of_range_are_refused(build: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()  # type: ignore[operator]
