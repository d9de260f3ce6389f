from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from exact_signals import exact_gradient, inner
from lora import with_lora
from measured_models import KIN, KINDS, MOOD, PICK, TALLY, Kind, examples, measured_model

from engine.gains.evaluation import predict
from engine.model.batch import Batch, Encoded
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from engine.signals.lookahead import STEP, lookahead
from engine.signals.trial_step import length_of, moved

Model = EncoderModel | DecoderModel
NAMES = {"kin": KIN, "pick": PICK, "tally": TALLY, "mood again": MOOD}


def _probes(model: Model) -> dict[str, Sequence[Encoded]]:
    return {name: examples(model, task, 8, skip=20) for name, task in NAMES.items()}


def _targets(model: Model) -> Mapping[str, Sequence[Encoded]]:
    return {"mood": examples(model, MOOD, 8), "tally": examples(model, TALLY, 8)}


def _mean_loss(model: Model, probe: Sequence[Encoded]) -> float:
    return model.losses(model.collate(probe)).double().mean().item()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("adapted", [False, True])
def test_it_is_the_relative_fall_after_a_step_of_fixed_length(kind: Kind, adapted: bool) -> None:
    model = with_lora(measured_model(kind)) if adapted else measured_model(kind)
    found = lookahead(model, _probes(model), _targets(model), step=0.01)
    shared = model.shared_parameters()
    length = 0.01 * float(sum(p.detach().double().square().sum() for p in shared.values()) ** 0.5)
    for row, probe in enumerate(_probes(model).values()):
        gradient, after = exact_gradient(model, probe), deepcopy(model)
        norm = inner(gradient, gradient) ** 0.5
        with torch.no_grad():
            for name, parameter in after.shared_parameters().items():
                parameter.sub_(gradient[name].float() * (length / norm))
        for target, examples_of in _targets(model).items():
            fall = 1 - _mean_loss(after, examples_of) / _mean_loss(model, examples_of)
            assert found[target][row] == pytest.approx(fall, abs=1e-5)
    assert np.abs(found["mood"]).max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_on_the_targets_own_examples_helps_it_most(kind: Kind) -> None:
    model = measured_model(kind)
    probes = {**_probes(model), "itself": examples(model, MOOD, 8)}
    falls = lookahead(model, probes, {"mood": examples(model, MOOD, 8)})["mood"]
    assert falls.argmax() == 4
    assert falls[4] > 0


def test_it_has_a_direction() -> None:
    model = measured_model("encoder")
    mood, kin = examples(model, MOOD, 8), examples(model, KIN, 8)
    there = lookahead(model, {"kin": kin}, {"mood": mood}, step=0.03)["mood"]
    back = lookahead(model, {"mood": mood}, {"kin": kin}, step=0.03)["kin"]
    assert abs(there[0] - back[0]) > 1e-4


class Rescaled(EncoderModel):
    """Losses times a number."""

    scale: float

    def losses(self, batch: Batch) -> torch.Tensor:
        return super().losses(batch) * self.scale


@pytest.mark.parametrize("scale", [1e-20, 1e20])
def test_the_scale_of_losses_does_not_matter(scale: float) -> None:
    plain, model = measured_model("encoder"), measured_model("encoder")
    model.__class__ = Rescaled
    assert isinstance(model, Rescaled)
    model.scale = scale
    expected = lookahead(plain, _probes(plain), _targets(plain), step=0.01)
    found = lookahead(model, _probes(model), _targets(model), step=0.01)
    for target in expected:
        np.testing.assert_allclose(found[target], expected[target], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_is_bit_for_bit_as_it_was(kind: Kind) -> None:
    model = measured_model(kind)
    before = {name: tensor.clone() for name, tensor in model.state().items()}
    lookahead(model, _probes(model), _targets(model), step=0.5)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_trial_that_breaks_off_puts_back_what_was_there() -> None:
    model = measured_model("encoder")
    before = {name: tensor.clone() for name, tensor in model.state().items()}
    shared = model.shared_parameters()
    ones = {name: torch.ones_like(parameter) for name, parameter in shared.items()}
    with pytest.raises(KeyError, match="why"), moved(shared, ones, 0.1):
        name = next(iter(shared))
        torch.testing.assert_close(shared[name].detach(), before[name] + 0.1)
        raise KeyError("why")
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state().items())
    assert length_of({"a": torch.tensor([3.0]), "b": torch.tensor([[4e20]])}) == pytest.approx(4e20)
    assert length_of({"a": torch.tensor([3.0]), "b": torch.tensor([[4.0]])}) == pytest.approx(5)


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_however_tasks_are_shared_out_the_parts_are_bitwise_the_whole(chunk: int) -> None:
    model = measured_model("encoder")
    probes, targets = _probes(model), _targets(model)
    whole, names = lookahead(model, probes, targets), list(probes)
    parts = [
        lookahead(model, {name: probes[name] for name in names[i : i + chunk]}, targets)
        for i in range(0, len(names), chunk)
    ]
    for target in targets:
        together = np.concatenate([part[target] for part in parts])
        assert together.tobytes() == whole[target].tobytes()


def test_a_candidate_whose_loss_is_not_finite_is_no_evidence_and_spoils_no_other() -> None:
    model = measured_model("encoder")
    probes, targets = _probes(model), _targets(model)
    whole = lookahead(model, probes, targets)
    probes["tally"] = [replace(one, gold=float("nan")) for one in probes["tally"]]
    found = lookahead(model, probes, targets)
    for target in targets:
        assert np.isnan(found[target]).tolist() == [False, False, True, False]
        rest = [0, 1, 3]
        assert found[target][rest].tobytes() == whole[target][rest].tobytes()


def test_a_target_without_a_loss_that_can_fall_is_no_evidence_and_spoils_no_other() -> None:
    model = measured_model("encoder")
    (one,) = examples(model, TALLY, 1)
    known = replace(one, gold=float(predict(model, [one])[0, 0]))
    targets = {
        "done": [known],
        "broken": [replace(one, gold=float("nan"))],
        "mood": examples(model, MOOD, 8),
    }
    found = lookahead(model, _probes(model), targets)
    assert np.isnan(found["done"]).all()
    assert np.isnan(found["broken"]).all()
    alone = lookahead(model, _probes(model), {"mood": targets["mood"]})
    assert found["mood"].tobytes() == alone["mood"].tobytes()


def test_without_a_gradient_there_is_no_evidence() -> None:
    model = measured_model("encoder")
    model.network.requires_grad_(False)
    assert np.isnan(lookahead(model, _probes(model), _targets(model))["mood"]).all()
    whole = measured_model("encoder")
    one = {"one": examples(whole, KIN, 1)}
    assert np.isfinite(lookahead(whole, one, _targets(whole))["mood"]).all()
    assert lookahead(whole, {}, _targets(whole))["mood"].shape == (0,)
    with pytest.raises(ValueError, match="at least one example"):
        lookahead(whole, {"none": []}, _targets(whole))
    assert 0 < STEP < 0.1
