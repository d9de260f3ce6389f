from __future__ import annotations

import numpy as np
import pytest
import torch
from measured_models import KIN, KINDS, MOOD, PICK, TALLY, Kind, examples, measured_model

from engine.signals.centroid import centroid, mean_embeddings
from engine.signals.unit_embeddings import unit_embeddings

RNG = np.random.default_rng(0)


def test_it_is_the_cosine_once_the_candidates_mean_is_gone() -> None:
    candidates, targets = RNG.normal(size=(6, 9)) + 2, RNG.normal(size=(2, 9)) + 2
    found = centroid(candidates, {"one": targets[0], "two": targets[1]})
    own = candidates - candidates.mean(axis=0)
    for name, target in zip(("one", "two"), targets - candidates.mean(axis=0), strict=True):
        expected = [a @ target / np.linalg.norm(a) / np.linalg.norm(target) for a in own]
        np.testing.assert_allclose(found[name], expected, atol=1e-12)


def test_what_all_texts_have_in_common_has_no_part_in_it() -> None:
    candidates, target = RNG.normal(size=(6, 9)), RNG.normal(size=9)
    common = 50 * RNG.normal(size=9)
    plain = centroid(candidates, {"t": target})["t"]
    np.testing.assert_allclose(
        centroid(candidates + common, {"t": target + common})["t"], plain, atol=1e-9
    )
    assert plain.max() - plain.min() > 0.3


@pytest.mark.parametrize("nothing", [0.0, np.nan, np.inf])
def test_a_task_without_an_embedding_is_no_evidence_and_spoils_no_other(nothing: float) -> None:
    candidates, target = RNG.normal(size=(5, 9)), RNG.normal(size=9)
    broken = np.insert(candidates, 2, nothing, axis=0)
    found = centroid(broken, {"t": target, "none": np.full(9, nothing)})
    assert np.isnan(found["t"][2])
    alone = centroid(candidates, {"t": target})["t"]
    np.testing.assert_allclose(np.delete(found["t"], 2), alone, atol=1e-12)
    assert np.isnan(found["none"]).all()


def test_a_candidate_alone_or_like_the_mean_of_all_is_no_evidence() -> None:
    row, target = np.full((1, 9), 0.3, dtype=np.float32), RNG.normal(size=9)
    assert np.isnan(centroid(row, {"t": target})["t"]).all()
    three = np.stack([row[0] - [1, *[0] * 8], row[0], row[0] + [1, *[0] * 8]])
    found = centroid(three, {"t": target, "mean": row[0]})
    assert np.isnan(found["t"]).tolist() == [False, True, False]
    assert np.isnan(found["mean"]).all()
    alike = np.repeat(RNG.normal(size=(1, 9)), 7, axis=0)  # whose mean is rounded
    assert np.isnan(centroid(alike, {"t": target})["t"]).all()
    assert centroid(np.zeros((0, 9)), {"t": target})["t"].shape == (0,)
    assert np.isnan(centroid(np.full((2, 9), np.nan), {"t": target})["t"]).all()


def test_embeddings_of_two_models_are_not_compared() -> None:
    with pytest.raises(ValueError, match="width"):
        centroid(np.ones((3, 4)), {"t": np.ones(5)})


@pytest.mark.parametrize("kind", KINDS)
def test_mean_embeddings_depend_on_each_probe_alone(kind: Kind) -> None:
    model = measured_model(kind)
    probes = {
        str(task): examples(model, task, count)
        for task, count in ((KIN, 5), (PICK, 1), (TALLY, 7), (MOOD, 3))
    }
    whole = mean_embeddings(model, probes)
    assert whole.shape == (4, 32)
    assert whole.dtype == np.float32
    parts = [mean_embeddings(model, {name: probe}) for name, probe in probes.items()]
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    for row, probe in zip(whole, probes.values(), strict=True):
        np.testing.assert_allclose(row, unit_embeddings(model, probe).mean(axis=0), atol=1e-6)


@pytest.mark.filterwarnings("error")
def test_a_probe_that_cannot_be_embedded_has_a_row_of_its_own() -> None:
    model = measured_model("encoder")
    with torch.no_grad():
        model.network.encoder.layer[1].output.dense.weight[0, 0] = torch.nan
    means = mean_embeddings(model, {"kin": examples(model, KIN, 2)})
    assert means.shape == (1, 32)
    assert np.isnan(means).all()
