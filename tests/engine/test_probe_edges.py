"""Probes and models at the edge: tiny, frozen, broken, without a layer to tap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
import torch
from exact_signals import cosine, exact_gradient
from measured_models import KINDS, MOOD, PICK, TALLY, Kind, examples, measured_model
from probed import NAMES, all_numbers, measured, small_probes, small_targets
from torch import Tensor, nn

from engine.model.batch import Batch, Encoded
from engine.model.encoder import EncoderModel
from engine.signals import taps
from engine.signals.probe import (
    Signals,
    directions_of,
    measure,
)
from engine.signals.similarity import similarity
from engine.signals.sources import IN_THE_PASS
from engine.signals.task_pass import TaskPass
from engine.training.failures import DivergedError


@pytest.fixture(params=["all exact", "tapped"])
def tapped(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether weights are tapped that are so small that their own gradients would be taken."""
    if request.param == "tapped":
        monkeypatch.setattr(taps, "LEAST_SIDE", 8)
    return bool(request.param == "tapped")


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
    plain, scaled = measured(_rescaled(1.0)), measured(_rescaled(scale))
    for target in ("mood", "tally"):
        np.testing.assert_allclose(
            scaled.scores["alignment"][target], plain.scores["alignment"][target], atol=1e-4
        )
        products = scaled.scores["descent"][target] / scale / scale
        np.testing.assert_allclose(products, plain.scores["descent"][target], rtol=1e-2, atol=1e-6)
    np.testing.assert_allclose(similarity(scaled.sketches), similarity(plain.sketches), atol=1e-4)


@pytest.mark.usefixtures("tapped")
def test_a_loss_of_zero_is_no_evidence() -> None:
    _no_evidence(measured(_rescaled(0.0)))


class Content(EncoderModel):
    """One task has nothing to learn any more."""

    def losses(self, batch: Batch) -> Tensor:
        return super().losses(batch) * (batch.task_B != MOOD)


@pytest.mark.usefixtures("tapped")
def test_with_a_target_that_has_no_gradient_nothing_is_aligned() -> None:
    model = measured_model("encoder")
    model.__class__ = Content
    found = measured(model)
    for by_target in (*found.scores.values(), *found.ses.values()):
        assert np.isnan(by_target["mood"]).all()
        assert np.isnan(by_target["tally"]).tolist() == [False, False, False, True, False]
    assert found.losses_n[3] == 0.0


@pytest.mark.usefixtures("tapped")
def test_with_everything_frozen_there_is_no_evidence() -> None:
    model = measured_model("encoder")
    model.network.requires_grad_(False)
    assert not model.shared_parameters()
    _no_evidence(measured(model))


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
    signals = measured(model)
    towards = exact_gradient(model, small_targets(model)["mood"])
    assert towards and all(".1." in name for name in towards)
    tasks = [exact_gradient(model, probe) for probe in small_probes(model).values()]
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
    found = measured(model)
    exact = measured(measured_model("encoder"))
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
    directions = directions_of(model, targets, seed=(0,))
    signals = measure(model, probes, directions, signals=IN_THE_PASS, seed=(0,))
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
        measure(model, {"none": []}, directions, signals=IN_THE_PASS, seed=(0,))
    with pytest.raises(ValueError, match="at least one example"):
        directions_of(model, {"none": []}, seed=(0,))


@pytest.mark.usefixtures("tapped")
@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_a_task_that_is_not_finite_is_silent_and_harms_no_other(bad: float) -> None:
    model = measured_model("encoder")
    with torch.no_grad():
        model.prefix_table.vectors_KD[PICK] = bad
    _only_pick_is_silent(measured(model))


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
    _only_pick_is_silent(measured(model))


@pytest.mark.usefixtures("tapped")
def test_a_task_that_broke_off_leaves_nothing_behind_for_the_next() -> None:
    model = measured_model("encoder")
    for name, parameter in model.named_parameters():
        # Nothing before the first large weight is trained: gradients end at a leaf there.
        if "embeddings" in name or "prefix" in name or name.endswith("bias"):
            parameter.requires_grad_(False)
    with torch.no_grad():
        model.prefix_table.vectors_KD[PICK] = torch.nan
    task_pass = TaskPass(model, [], sketched=False, seed=(0,))
    with task_pass.open() as leaves:
        assert task_pass.over("pick", small_probes(model)["pick"], leaves).trouble
        assert not leaves
        assert not task_pass.over("kin", small_probes(model)["kin"], leaves).trouble


def _only_pick_is_silent(sick: Signals) -> None:
    sound = all_numbers(measured(measured_model("encoder")))
    assert set(sick.silent) == {"pick", "pick again"} and "not finite" in sick.silent["pick"]
    healthy = [row for row, name in enumerate(NAMES) if name not in sick.silent]
    for name, numbers in all_numbers(sick).items():
        assert numbers[healthy].tobytes() == sound[name][healthy].tobytes(), name
        assert not numbers[[1, 4]].any() if name == "sketches" else np.isnan(numbers[[1, 4]]).all()


@pytest.mark.usefixtures("tapped")
@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_a_model_that_diverged_is_told_by_its_target_and_left_as_it_was(bad: float) -> None:
    model = measured_model("encoder")
    with torch.no_grad():
        model.network.encoder.layer[1].output.dense.weight[0, 0] = bad
    for asked in (frozenset({"similarity"}), frozenset({"loss"})):
        assert set(measured(model, signals=asked).silent) == set(NAMES)
    with pytest.raises(DivergedError, match="Target 'mood': The loss of a probe is not finite"):
        measured(model)
    assert all(p.requires_grad for p in model.network.parameters())
    assert not any(layer._forward_hooks for layer in model.modules())
