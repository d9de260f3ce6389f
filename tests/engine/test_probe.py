from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from exact_signals import cosine, exact_gradient, inner
from lora import with_lora
from measured_models import KIN, KINDS, MOOD, PICK, TALLY, Kind, examples, measured_model
from probed import NAMES, all_numbers, measured, small_probes, small_targets
from scipy.stats import spearmanr

from engine.model.batch import Batch, Encoded
from engine.signals import taps, task_pass
from engine.signals.direction import preconditioned
from engine.signals.gradients import mean_gradient
from engine.signals.probe import (
    directions_of,
    measure,
    measure_along,
    probe_indices,
)
from engine.signals.similarity import similarity
from engine.signals.sources import IN_THE_PASS


@pytest.fixture(params=["all exact", "tapped"])
def tapped(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether weights are tapped that are so small that their own gradients would be taken."""
    if request.param == "tapped":
        monkeypatch.setattr(taps, "LEAST_SIDE", 8)
    return bool(request.param == "tapped")


@pytest.mark.usefixtures("tapped")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_however_tasks_are_shared_out_the_parts_are_bitwise_the_whole(
    kind: Kind, chunk: int
) -> None:
    whole = all_numbers(measured(measured_model(kind)))
    parts = [measured(measured_model(kind), NAMES[i : i + chunk]) for i in range(0, 5, chunk)]
    laid_out = [all_numbers(part) for part in parts]
    assert len(whole) == 2 * 2 * 2 + 5
    for name, expected in whole.items():
        assert np.concatenate([part[name] for part in laid_out]).tobytes() == expected.tobytes()


@pytest.mark.usefixtures("tapped")
@pytest.mark.parametrize("kind", KINDS)
def test_how_many_examples_are_read_together_changes_nothing_but_rounding(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for size in (1, 3, 100):
        monkeypatch.setattr(task_pass, "_LEAST", size)
        monkeypatch.setattr(task_pass, "_MOST", size)
        found.append(all_numbers(measured(measured_model(kind))))
    for name, expected in found[-1].items():
        for other in found[:-1]:
            largest = np.abs(expected).max()
            np.testing.assert_allclose(other[name], expected, rtol=0, atol=1e-4 * largest)


@pytest.mark.parametrize(("examples_there", "together"), [(16, 4), (48, 6), (64, 8), (96, 8)])
def test_a_small_probe_is_read_in_small_batches(
    examples_there: int, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = measured_model("encoder")
    sizes: list[int] = []
    collate = model.collate

    def noting(encoded: Sequence[Encoded]) -> Batch:
        sizes.append(len(encoded))
        return collate(encoded)

    probe = [*examples(model, KIN, 8)] * (examples_there // 8)
    monkeypatch.setattr(model, "collate", noting)
    measure_along(model, {"kin": probe}, {}, sketched=False, seed=(0,))
    assert sizes == [together] * (examples_there // together)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("adapted", [False, True])
def test_alignment_is_the_cosine_of_exact_gradients(
    kind: Kind, tapped: bool, adapted: bool
) -> None:
    """Tapped, lengths are estimates: of some 20 small weights, right to a few percent."""
    model = with_lora(measured_model(kind)) if adapted else measured_model(kind)
    signals = measured(model)
    tasks = [exact_gradient(model, probe) for probe in small_probes(model).values()]
    for target, probe in small_targets(model).items():
        towards = exact_gradient(model, probe)
        cosines = [cosine(task, towards) for task in tasks]
        products = np.array([inner(task, towards) for task in tasks])
        scales = [(inner(task, task) * inner(towards, towards)) ** 0.5 for task in tasks]
        off = 0.08 if tapped else 1e-4
        np.testing.assert_allclose(signals.scores["alignment"][target], cosines, atol=off)
        off = 0.05 if tapped else 1e-4
        np.testing.assert_allclose(
            signals.scores["descent"][target] / scales, products / scales, atol=off
        )


@pytest.mark.parametrize("kind", KINDS)
def test_candidates_are_ranked_as_by_exact_cosines(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taps, "LEAST_SIDE", 8)
    model = measured_model(kind)
    probes = {
        f"{task} {skip}": examples(model, task, 6, skip=skip)
        for task in (KIN, MOOD, PICK, TALLY)
        for skip in range(0, 48, 6)
    }
    directions = directions_of(model, small_targets(model), seed=(0,))
    signals = measure(model, probes, directions, signals=IN_THE_PASS, seed=(0,))
    tasks = [exact_gradient(model, probe) for probe in probes.values()]
    for target, probe in small_targets(model).items():
        towards = exact_gradient(model, probe)
        cosines = [cosine(task, towards) for task in tasks]
        products = [inner(task, towards) for task in tasks]
        assert spearmanr(signals.scores["alignment"][target], cosines).statistic > 0.97
        assert spearmanr(signals.scores["descent"][target], products).statistic > 0.97
    exact = np.array([[cosine(one, other) for one in tasks] for other in tasks])
    pairs = np.triu_indices(len(tasks), k=1)
    apart = (similarity(signals.sketches) - exact)[pairs]
    assert np.sqrt(np.mean(apart**2)) < 0.1


def test_descent_predicts_the_fall_of_the_targets_loss() -> None:
    model = measured_model("encoder")
    encoded = small_targets(model)["mood"]
    signals, batch = measured(model), model.collate(encoded)
    before = model.losses(batch).double().mean().item()
    for index, probe in enumerate(small_probes(model).values()):
        moved, gradient = measured_model("encoder"), mean_gradient(model, probe)
        step = 1e-4 / max(values.abs().max().item() for values in gradient.values())
        with torch.no_grad():
            for name, parameter in moved.shared_parameters().items():
                parameter.sub_(step * gradient[name])
        fall = before - moved.losses(batch).double().mean().item()
        predicted = signals.scores["descent"]["mood"][index] * step
        assert fall == pytest.approx(predicted, rel=0.1, abs=1e-5)


def test_towards_adams_direction_products_are_with_that_direction(tapped: bool) -> None:
    model = measured_model("encoder")
    gradients = {name: exact_gradient(model, probe) for name, probe in small_targets(model).items()}
    moments = {name: values.square().float() + 1e-3 for name, values in gradients["tally"].items()}
    directions = directions_of(model, small_targets(model), seed=(0,), second_moments=moments)
    got = measure_along(model, small_probes(model), directions, sketched=False, seed=(0,))
    assert got.sketches.shape == (5, 0)
    doubles = {name: values.double() for name, values in moments.items()}
    towards = preconditioned(gradients["mood"], doubles)
    tasks = [exact_gradient(model, probe) for probe in small_probes(model).values()]
    cosines = [cosine(task, towards) for task in tasks]
    np.testing.assert_allclose(
        got.scores["alignment"]["mood"], cosines, atol=0.1 if tapped else 1e-4
    )


def test_only_what_was_asked_for_is_measured() -> None:
    model = measured_model("encoder")
    aligned = measured(model, NAMES[:1], frozenset({"alignment"}))
    assert set(aligned.scores) == set(aligned.ses) == {"alignment"}
    assert set(aligned.scores["alignment"]) == {"mood", "tally"}
    assert aligned.sketches.shape == (1, 0)
    fall = measured(model, NAMES[:1], frozenset({"descent"}))
    assert set(fall.scores) == {"descent"}
    alike = measured(model, NAMES[:1], frozenset({"similarity"}))
    assert not alike.scores and not alike.ses and alike.sketches.shape == (1, 4096)
    assert alike.sketches.dtype == np.float32
    nothing = measured(model, NAMES[:2], frozenset())
    assert nothing.sketches.shape == (2, 0) and np.isnan(nothing.losses_n).all()
    with pytest.raises(ValueError, match="No signal 'affinity' to measure"):
        measured(model, NAMES[:1], frozenset({"affinity"}))


def test_losses_alone_cost_no_way_back(monkeypatch: pytest.MonkeyPatch) -> None:
    model = measured_model("encoder")
    with_gradients = measured(model)
    monkeypatch.setattr(torch.autograd, "grad", None)
    alone = measured(model, signals=frozenset({"loss"}))
    np.testing.assert_allclose(alone.losses_n, with_gradients.losses_n, rtol=1e-5)
    np.testing.assert_allclose(alone.loss_ses_n, with_gradients.loss_ses_n, rtol=1e-4)
    assert not alone.scores and np.isnan(alone.square_n).all()


@pytest.mark.usefixtures("tapped")
def test_losses_are_means_over_the_probe_with_their_errors() -> None:
    model = measured_model("encoder")
    signals = measured(model)
    for row, probe in enumerate(small_probes(model).values()):
        losses = [model.losses(model.collate([one])).item() for one in probe]
        assert signals.losses_n[row] == pytest.approx(np.mean(losses), rel=1e-5)
        assert signals.loss_ses_n[row] == pytest.approx(np.std(losses, ddof=1) / 8**0.5, rel=1e-4)


def test_a_probe_is_the_same_for_every_worker_and_another_in_the_next_round() -> None:
    first = probe_indices(100, 8, task="a", seed=(0, 5, 1))
    assert first.tolist() == probe_indices(100, 8, task="a", seed=(0, 5, 1)).tolist()
    assert first.tolist() == sorted(set(first.tolist())) and len(first) == 8
    assert first.tolist() != probe_indices(100, 8, task="a", seed=(0, 5, 2)).tolist()
    assert first.tolist() != probe_indices(100, 8, task="b", seed=(0, 5, 1)).tolist()
    assert probe_indices(3, 8, task="a", seed=(0,)).tolist() == [0, 1, 2]
