from __future__ import annotations

import numpy as np
import pytest
import torch
from measured_models import KIN, KINDS, MOOD, PICK, TALLY, Kind, examples, measured_model

from engine.model.batch import Encoded
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from engine.signals.gradients import mean_gradient
from engine.signals.probe import SIGNALS, Signals, measure, probe_indices

Model = EncoderModel | DecoderModel
NAMES = ("kin", "pick", "tally", "mood again", "pick again")


def _probes(model: Model) -> dict[str, list[Encoded]]:
    tasks = (KIN, PICK, TALLY, MOOD, PICK)
    return {
        name: examples(model, task, 8, skip=20) for name, task in zip(NAMES, tasks, strict=True)
    }


def _targets(model: Model) -> dict[str, list[Encoded]]:
    return {"mood": examples(model, MOOD, 8), "tally": examples(model, TALLY, 8)}


def _measure(
    model: Model, names: tuple[str, ...] = NAMES, signals: frozenset[str] = SIGNALS
) -> Signals:
    probes = {name: _probes(model)[name] for name in names}
    return measure(model, probes, _targets(model), signals=signals, seed=(1, 5, 0))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_however_tasks_are_shared_out_the_parts_are_bitwise_the_whole(
    kind: Kind, chunk: int
) -> None:
    whole = _measure(measured_model(kind))
    parts = [_measure(measured_model(kind), NAMES[i : i + chunk]) for i in range(0, 5, chunk)]
    for target in ("mood", "tally"):
        for got, expected in (
            ([part.alignment[target] for part in parts], whole.alignment[target]),
            ([part.descent[target] for part in parts], whole.descent[target]),
        ):
            assert np.concatenate(got).tobytes() == expected.tobytes()
    assert np.concatenate([p.sketches for p in parts]).tobytes() == whole.sketches.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_alignment_is_the_cosine_of_autograds_gradients(kind: Kind) -> None:
    model = measured_model(kind)
    signals = _measure(model)

    def gradient(encoded: list[Encoded]) -> torch.Tensor:
        model.zero_grad()
        torch.autograd.backward(model.losses(model.collate(encoded)).mean())
        shared = model.shared_parameters().values()
        parts = [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in shared]
        return torch.cat([part.flatten() for part in parts]).double()

    for target, probe in _targets(model).items():
        towards = gradient(probe)
        for index, own in enumerate(_probes(model).values()):
            task = gradient(own)
            product = (task @ towards).item()
            norms = (task.norm() * towards.norm()).item()
            assert signals.alignment[target][index] == pytest.approx(product / norms, abs=1e-4)
            assert signals.descent[target][index] == pytest.approx(product, abs=1e-4 * norms)


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
        predicted = signals.descent["mood"][index] * step
        assert fall == pytest.approx(predicted, rel=0.1, abs=1e-5)


def test_only_what_was_asked_for_is_measured() -> None:
    model = measured_model("encoder")
    aligned = _measure(model, NAMES[:1], frozenset({"alignment"}))
    assert set(aligned.alignment) == {"mood", "tally"} and aligned.sketches.shape == (1, 0)
    alike = _measure(model, NAMES[:1], frozenset({"similarity"}))
    assert not alike.alignment and not alike.descent and alike.sketches.shape == (1, 4096)
    assert alike.sketches.dtype == np.float32
    assert _measure(model, NAMES[:1], frozenset()).sketches.shape == (1, 0)
    with pytest.raises(ValueError, match="No signal 'affinity' to measure"):
        _measure(model, NAMES[:1], frozenset({"affinity"}))


def test_a_probe_is_the_same_for_every_worker_and_another_in_the_next_round() -> None:
    first = probe_indices(100, 8, task="a", seed=(0, 5, 1))
    assert first.tolist() == probe_indices(100, 8, task="a", seed=(0, 5, 1)).tolist()
    assert first.tolist() == sorted(set(first.tolist())) and len(first) == 8
    assert first.tolist() != probe_indices(100, 8, task="a", seed=(0, 5, 2)).tolist()
    assert first.tolist() != probe_indices(100, 8, task="b", seed=(0, 5, 1)).tolist()
    assert probe_indices(3, 8, task="a", seed=(0,)).tolist() == [0, 1, 2]
