from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from exact_signals import cosine, exact_gradient, inner
from lora import with_lora
from measured_models import KIN, KINDS, MOOD, PICK, TALLY, Kind, examples, measured_model
from numpy.typing import NDArray
from scipy.stats import spearmanr
from torch import Tensor, nn

from engine.model.batch import Batch, Encoded
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from engine.signals import taps
from engine.signals.direction import preconditioned
from engine.signals.gradients import mean_gradient
from engine.signals.probe import (
    Signals,
    directions_of,
    measure,
    measure_along,
    probe_indices,
)
from engine.signals.readings import flat_columns
from engine.signals.similarity import similarity
from engine.signals.sources import IN_THE_PASS
from engine.signals.task_pass import TaskPass
from engine.training.failures import DivergedError

Model = EncoderModel | DecoderModel
NAMES = ("kin", "pick", "tally", "mood again", "pick again")


@pytest.fixture(params=["all exact", "tapped"])
def tapped(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether weights are tapped that are so small that their own gradients would be taken."""
    if request.param == "tapped":
        monkeypatch.setattr(taps, "LEAST_SIDE", 8)
    return bool(request.param == "tapped")


def _probes(model: Model) -> dict[str, Sequence[Encoded]]:
    tasks = (KIN, PICK, TALLY, MOOD, PICK)
    return {
        name: examples(model, task, 8, skip=20) for name, task in zip(NAMES, tasks, strict=True)
    }


def _targets(model: Model) -> dict[str, Sequence[Encoded]]:
    return {"mood": examples(model, MOOD, 8), "tally": examples(model, TALLY, 8)}


def _measure(
    model: Model, names: tuple[str, ...] = NAMES, signals: frozenset[str] = IN_THE_PASS
) -> Signals:
    probes = {name: _probes(model)[name] for name in names}
    return measure(model, probes, _targets(model), signals=signals, seed=(1, 5, 0))


@pytest.mark.usefixtures("tapped")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_however_tasks_are_shared_out_the_parts_are_bitwise_the_whole(
    kind: Kind, chunk: int
) -> None:
    whole = _numbers(_measure(measured_model(kind)))
    parts = [_measure(measured_model(kind), NAMES[i : i + chunk]) for i in range(0, 5, chunk)]
    laid_out = [_numbers(part) for part in parts]
    assert len(whole) == 2 * 2 * 2 + 5
    for name, expected in whole.items():
        assert np.concatenate([part[name] for part in laid_out]).tobytes() == expected.tobytes()


def _numbers(signals: Signals) -> dict[str, NDArray[Any]]:
    rows = ("square_n", "noise_n", "losses_n", "loss_ses_n", "sketches")
    columns = flat_columns(signals.scores, "scores") | flat_columns(signals.ses, "ses")
    return {**columns, **{name: getattr(signals, name) for name in rows}}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("adapted", [False, True])
def test_alignment_is_the_cosine_of_exact_gradients(
    kind: Kind, tapped: bool, adapted: bool
) -> None:
    """Tapped, lengths are estimates: of some 20 small weights, right to a few percent."""
    model = with_lora(measured_model(kind)) if adapted else measured_model(kind)
    signals = _measure(model)
    tasks = [exact_gradient(model, probe) for probe in _probes(model).values()]
    for target, probe in _targets(model).items():
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
    signals = measure(model, probes, _targets(model), signals=IN_THE_PASS, seed=(0,))
    tasks = [exact_gradient(model, probe) for probe in probes.values()]
    for target, probe in _targets(model).items():
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
    encoded = _targets(model)["mood"]
    signals, batch = _measure(model), model.collate(encoded)
    before = model.losses(batch).double().mean().item()
    for index, probe in enumerate(_probes(model).values()):
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
    gradients = {name: exact_gradient(model, probe) for name, probe in _targets(model).items()}
    moments = {name: values.square().float() + 1e-3 for name, values in gradients["tally"].items()}
    directions = directions_of(model, _targets(model), seed=(0,), second_moments=moments)
    got = measure_along(model, _probes(model), directions, sketched=False, seed=(0,))
    assert got.sketches.shape == (5, 0)
    doubles = {name: values.double() for name, values in moments.items()}
    towards = preconditioned(gradients["mood"], doubles)
    tasks = [exact_gradient(model, probe) for probe in _probes(model).values()]
    cosines = [cosine(task, towards) for task in tasks]
    np.testing.assert_allclose(
        got.scores["alignment"]["mood"], cosines, atol=0.1 if tapped else 1e-4
    )


def test_only_what_was_asked_for_is_measured() -> None:
    model = measured_model("encoder")
    aligned = _measure(model, NAMES[:1], frozenset({"alignment"}))
    assert set(aligned.scores) == set(aligned.ses) == {"alignment"}
    assert set(aligned.scores["alignment"]) == {"mood", "tally"}
    assert aligned.sketches.shape == (1, 0)
    fall = _measure(model, NAMES[:1], frozenset({"descent"}))
    assert set(fall.scores) == {"descent"}
    alike = _measure(model, NAMES[:1], frozenset({"similarity"}))
    assert not alike.scores and not alike.ses and alike.sketches.shape == (1, 4096)
    assert alike.sketches.dtype == np.float32
    nothing = _measure(model, NAMES[:2], frozenset())
    assert nothing.sketches.shape == (2, 0) and np.isnan(nothing.losses_n).all()
    with pytest.raises(ValueError, match="No signal 'affinity' to measure"):
        _measure(model, NAMES[:1], frozenset({"affinity"}))


def test_losses_alone_cost_no_way_back(monkeypatch: pytest.MonkeyPatch) -> None:
    model = measured_model("encoder")
    with_gradients = _measure(model)
    monkeypatch.setattr(torch.autograd, "grad", None)
    alone = _measure(model, signals=frozenset({"loss"}))
    np.testing.assert_allclose(alone.losses_n, with_gradients.losses_n, rtol=1e-5)
    np.testing.assert_allclose(alone.loss_ses_n, with_gradients.loss_ses_n, rtol=1e-4)
    assert not alone.scores and np.isnan(alone.square_n).all()


@pytest.mark.usefixtures("tapped")
def test_losses_are_means_over_the_probe_with_their_errors() -> None:
    model = measured_model("encoder")
    signals = _measure(model)
    for row, probe in enumerate(_probes(model).values()):
        losses = [model.losses(model.collate([one])).item() for one in probe]
        assert signals.losses_n[row] == pytest.approx(np.mean(losses), rel=1e-5)
        assert signals.loss_ses_n[row] == pytest.approx(np.std(losses, ddof=1) / 8**0.5, rel=1e-4)


class Rescaled(EncoderModel):
    """Losses times a number: gradients of any size, or none."""

    scale: float

    def losses(self, batch: Batch) -> Tensor:
        return super().losses(batch) * self.scale


def _rescaled(scale: float) -> Rescaled:
    model = measured_model("encoder")
    model.__class__ = Rescaled
    assert isinstance(model, Rescaled)
    model.scale = scale
    return model


@pytest.mark.usefixtures("tapped")
@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_the_scale_of_gradients_does_not_matter(scale: float) -> None:
    plain, scaled = _measure(_rescaled(1.0)), _measure(_rescaled(scale))
    for target in ("mood", "tally"):
        np.testing.assert_allclose(
            scaled.scores["alignment"][target], plain.scores["alignment"][target], atol=1e-4
        )
        products = scaled.scores["descent"][target] / scale / scale
        np.testing.assert_allclose(products, plain.scores["descent"][target], rtol=1e-2, atol=1e-6)
    np.testing.assert_allclose(similarity(scaled.sketches), similarity(plain.sketches), atol=1e-4)


@pytest.mark.usefixtures("tapped")
def test_a_loss_of_zero_is_no_evidence() -> None:
    _no_evidence(_measure(_rescaled(0.0)))


class Content(EncoderModel):
    """One task has nothing to learn any more."""

    def losses(self, batch: Batch) -> Tensor:
        return super().losses(batch) * (batch.task_B != MOOD)


@pytest.mark.usefixtures("tapped")
def test_with_a_target_that_has_no_gradient_nothing_is_aligned() -> None:
    model = measured_model("encoder")
    model.__class__ = Content
    found = _measure(model)
    for by_target in (*found.scores.values(), *found.ses.values()):
        assert np.isnan(by_target["mood"]).all()
        assert np.isnan(by_target["tally"]).tolist() == [False, False, False, True, False]
    assert found.losses_n[3] == 0.0


@pytest.mark.usefixtures("tapped")
def test_with_everything_frozen_there_is_no_evidence() -> None:
    model = measured_model("encoder")
    model.network.requires_grad_(False)
    assert not model.shared_parameters()
    _no_evidence(_measure(model))


def _no_evidence(signals: Signals) -> None:
    for columns in (signals.scores, signals.ses):
        assert all(np.isnan(one).all() for by in columns.values() for one in by.values())
    assert not signals.sketches.any() and not signals.silent
    assert np.isfinite(signals.losses_n).all()


@pytest.mark.parametrize("kind", KINDS)
def test_frozen_layers_are_no_part_of_it(kind: Kind, tapped: bool) -> None:
    model = measured_model(kind)
    for name, parameter in model.network.named_parameters():
        if ".1." not in name:  # all but the second layer
            parameter.requires_grad_(False)
    signals = _measure(model)
    towards = exact_gradient(model, _targets(model)["mood"])
    assert towards and all(".1." in name for name in towards)
    tasks = [exact_gradient(model, probe) for probe in _probes(model).values()]
    cosines = [cosine(task, towards) for task in tasks]
    np.testing.assert_allclose(
        signals.scores["alignment"]["mood"], cosines, atol=0.1 if tapped else 1e-4
    )


class OwnLayer(nn.Module):
    """What a linear layer does, by a layer that no tap knows."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias

    def forward(self, given: Tensor) -> Tensor:
        return nn.functional.linear(given, self.weight, self.bias)


def test_a_model_without_linear_layers_is_measured_as_any_other(tapped: bool) -> None:
    model = measured_model("encoder")
    for parent in list(model.network.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.Linear):
                setattr(parent, name, OwnLayer(layer))
    assert not any(isinstance(layer, nn.Linear) for layer in model.network.modules())
    found = _measure(model)
    exact = _measure(measured_model("encoder"))
    for target in ("mood", "tally"):
        np.testing.assert_allclose(
            found.scores["alignment"][target], exact.scores["alignment"][target], atol=0.1
        )
        if not tapped:
            np.testing.assert_allclose(
                found.ses["alignment"][target], exact.ses["alignment"][target], rtol=1e-3
            )


@pytest.mark.usefixtures("tapped")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", [MOOD, PICK, TALLY])
def test_one_example_is_enough_and_one_label_too(kind: Kind, task: int) -> None:
    model = measured_model(kind)
    encoded = examples(model, task, 20)
    constant = [one for one in encoded if one.gold == encoded[0].gold]
    probes: Mapping[str, Sequence[Encoded]] = {"one": encoded[:1], "constant": constant}
    targets = {"one": examples(model, MOOD, 1, skip=30)}
    signals = measure(model, probes, targets, signals=IN_THE_PASS, seed=(0,))
    for numbers in (
        signals.scores["alignment"]["one"],
        signals.scores["descent"]["one"],
        signals.sketches,
    ):
        assert np.isfinite(numbers).all()
    assert (np.abs(signals.scores["alignment"]["one"]) <= 1).all()
    assert signals.sketches.any(axis=1).all()
    for ses in (signals.ses["alignment"]["one"], signals.ses["descent"]["one"], signals.loss_ses_n):
        assert np.isfinite(ses).tolist() == [False, True]
    with pytest.raises(ValueError, match="at least one example"):
        measure(model, {"none": []}, targets, signals=IN_THE_PASS, seed=(0,))


@pytest.mark.usefixtures("tapped")
@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_a_task_that_is_not_finite_is_silent_and_harms_no_other(bad: float) -> None:
    model = measured_model("encoder")
    with torch.no_grad():
        model.prefix_table.vectors_KD[PICK] = bad
    _only_pick_is_silent(_measure(model))


class Kinked(EncoderModel):
    """Losses of one task are as they were, and have no gradient."""

    def losses(self, batch: Batch) -> Tensor:
        losses = super().losses(batch)
        if not (batch.task_B == PICK).all():
            return losses
        return losses + (losses - losses.detach()).abs().sqrt()


@pytest.mark.usefixtures("tapped")
def test_a_task_whose_gradient_alone_is_not_finite_is_silent_too() -> None:
    model = measured_model("encoder")
    model.__class__ = Kinked
    _only_pick_is_silent(_measure(model))


@pytest.mark.usefixtures("tapped")
def test_a_task_that_broke_off_leaves_nothing_behind_for_the_next() -> None:
    model = measured_model("encoder")
    model.network.embeddings.requires_grad_(False)
    model.prefix_table.vectors_KD.requires_grad_(False)
    with torch.no_grad():
        model.prefix_table.vectors_KD[PICK] = torch.nan
    task_pass = TaskPass(model, [], sketched=False, seed=(0,))
    with task_pass.open() as leaves:
        assert task_pass.over("pick", _probes(model)["pick"], leaves).trouble
        assert not leaves
        assert not task_pass.over("kin", _probes(model)["kin"], leaves).trouble


def _only_pick_is_silent(sick: Signals) -> None:
    sound = _numbers(_measure(measured_model("encoder")))
    assert set(sick.silent) == {"pick", "pick again"} and "not finite" in sick.silent["pick"]
    healthy = [row for row, name in enumerate(NAMES) if name not in sick.silent]
    for name, numbers in _numbers(sick).items():
        assert numbers[healthy].tobytes() == sound[name][healthy].tobytes(), name
        assert not numbers[[1, 4]].any() if name == "sketches" else np.isnan(numbers[[1, 4]]).all()


@pytest.mark.usefixtures("tapped")
@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_a_model_that_diverged_is_told_by_its_target_and_left_as_it_was(bad: float) -> None:
    model = measured_model("encoder")
    with torch.no_grad():
        model.network.encoder.layer[1].output.dense.weight[0, 0] = bad
    for asked in (frozenset({"similarity"}), frozenset({"loss"})):
        assert set(_measure(model, signals=asked).silent) == set(NAMES)
    with pytest.raises(DivergedError, match="Target 'mood': The loss of a probe is not finite"):
        _measure(model)
    assert all(p.requires_grad for p in model.network.parameters())
    assert not any(layer._forward_hooks for layer in model.modules())


def test_a_probe_is_the_same_for_every_worker_and_another_in_the_next_round() -> None:
    first = probe_indices(100, 8, task="a", seed=(0, 5, 1))
    assert first.tolist() == probe_indices(100, 8, task="a", seed=(0, 5, 1)).tolist()
    assert first.tolist() == sorted(set(first.tolist())) and len(first) == 8
    assert first.tolist() != probe_indices(100, 8, task="a", seed=(0, 5, 2)).tolist()
    assert first.tolist() != probe_indices(100, 8, task="b", seed=(0, 5, 1)).tolist()
    assert probe_indices(3, 8, task="a", seed=(0,)).tolist() == [0, 1, 2]
