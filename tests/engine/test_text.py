from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
import torch
from measured_models import KIN, KINDS, MOOD, PICK, TALLY, Kind, examples, measured_model
from numpy.typing import NDArray

from engine.model.batch import Encoded
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from engine.signals.similarity import unit_rows
from engine.signals.text import nearness, text
from engine.signals.unit_embeddings import unit_embeddings

Model = EncoderModel | DecoderModel


def _unit(rows: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    return unit_rows(np.array(rows, dtype=np.float32))


def _probes(model: Model) -> dict[str, Sequence[Encoded]]:
    tasks = {"kin": KIN, "pick": PICK, "tally": TALLY, "mood": MOOD}
    return {name: examples(model, task, 7, skip=20) for name, task in tasks.items()}


def _targets(model: Model) -> Mapping[str, Sequence[Encoded]]:
    return {"mood": examples(model, MOOD, 6), "tally": examples(model, TALLY, 5)}


def test_each_example_of_the_target_counts_its_nearest() -> None:
    target = _unit([[1, 0], [0, 1], [1, 1]])
    assert nearness(target, _unit([[1, 0]])) == pytest.approx((1 + 0 + 0.5**0.5) / 3)
    assert nearness(target, _unit([[1, 0], [0, 1], [-1, 0]])) == pytest.approx((2 + 0.5**0.5) / 3)
    assert nearness(target, target) == pytest.approx(1.0)
    assert nearness(_unit([[1, 0]]), -_unit([[1, 0]])) == pytest.approx(-1.0)


def test_it_has_a_direction() -> None:
    broad, narrow = _unit([[1, 0], [0, 1]]), _unit([[1, 0]])
    assert nearness(narrow, broad) == pytest.approx(1.0)
    assert nearness(broad, narrow) == pytest.approx(0.5)


def test_without_texts_there_is_no_evidence() -> None:
    some, none = _unit([[1, 0]]), np.zeros((0, 2), dtype=np.float32)
    assert np.isnan(nearness(some, none))
    assert np.isnan(nearness(none, some))
    assert np.isnan(nearness(np.zeros((0, 0), dtype=np.float32), some))


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_what_a_loop_over_all_pairs_of_examples_finds(kind: Kind) -> None:
    model = measured_model(kind)
    found = text(model, _probes(model), _targets(model))
    for target, probe in _targets(model).items():
        for got, candidate in zip(found[target], _probes(model).values(), strict=True):
            own = unit_embeddings(model, candidate)
            best = [max(float(a @ b) for b in own) for a in unit_embeddings(model, probe)]
            assert got == pytest.approx(sum(best) / len(best), abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_texts_are_nearest_whatever_their_answers(kind: Kind) -> None:
    model = measured_model(kind)
    probes = {"other": examples(model, KIN, 6), "same": examples(model, MOOD, 6)}
    found = text(model, probes, {"mood": examples(model, MOOD, 6)})["mood"]
    assert found[1] == pytest.approx(1.0, abs=1e-5)
    assert found[0] < 0.999


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_however_tasks_are_shared_out_the_parts_are_bitwise_the_whole(
    kind: Kind, chunk: int
) -> None:
    model = measured_model(kind)
    probes, targets = _probes(model), _targets(model)
    names = list(probes)
    whole = text(model, probes, targets)
    parts = [
        text(model, {name: probes[name] for name in names[i : i + chunk]}, targets)
        for i in range(0, len(names), chunk)
    ]
    for target in targets:
        together = np.concatenate([part[target] for part in parts])
        assert together.tobytes() == whole[target].tobytes()


def test_one_example_is_enough_and_a_broken_network_is_no_evidence() -> None:
    model = measured_model("encoder")
    probes = {"one": examples(model, KIN, 1)}
    targets = {"mood": examples(model, MOOD, 1)}
    assert np.isfinite(text(model, probes, targets)["mood"]).all()
    assert text(model, {}, targets)["mood"].shape == (0,)
    assert text(model, probes, {}) == {}
    with torch.no_grad():
        model.network.encoder.layer[1].output.dense.weight[0, 0] = torch.nan
    assert np.isnan(text(model, probes, targets)["mood"]).all()
