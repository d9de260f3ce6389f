from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from exact_signals import exact_gradient, inner
from measured_models import KIN, KINDS, MOOD, PICK, TALLY, Kind, examples, measured_model
from scipy.stats import spearmanr

from benchmarks import difference
from benchmarks.difference import descent_by_difference, mean_losses
from engine.signals.direction import preconditioned
from engine.signals.gradients import mean_gradient
from engine.training.failures import DivergedError

PROBED = [(task, skip) for task in (KIN, MOOD, PICK, TALLY) for skip in (0, 10, 20)]


@pytest.mark.parametrize("kind", KINDS)
def test_it_ranks_candidates_as_exact_inner_products_do(kind: Kind) -> None:
    model = measured_model(kind)
    probes = {f"{t} {s}": examples(model, t, 8, skip=s) for t, s in PROBED}
    towards = mean_gradient(model, examples(model, MOOD, 8, skip=30))
    got = descent_by_difference(model, probes, towards)
    direction = {name: values.double() for name, values in towards.items()}
    exact = {name: inner(exact_gradient(model, probe), direction) for name, probe in probes.items()}
    assert list(got) == list(probes)
    # Three of the exact ones are a ten-thousandth of the others: their order is rounding.
    assert spearmanr(list(got.values()), list(exact.values())).statistic > 0.95
    scale = max(map(abs, exact.values()))
    np.testing.assert_allclose(list(got.values()), list(exact.values()), atol=0.02 * scale)


def test_any_direction_will_do_and_known_losses_are_not_taken_again() -> None:
    model = measured_model("encoder")
    probes = {"kin": examples(model, KIN, 8), "tally": examples(model, TALLY, 8)}
    gradient = mean_gradient(model, examples(model, MOOD, 8))
    moments = {name: torch.rand_like(values) + 0.1 for name, values in gradient.items()}
    towards = preconditioned(gradient, moments)
    base = mean_losses(model, probes)
    got = descent_by_difference(model, probes, towards, base_losses=base)
    assert got == descent_by_difference(model, probes, towards)
    shifted = {name: loss - 1.0 for name, loss in base.items()}
    assert got["kin"] < descent_by_difference(model, probes, towards, base_losses=shifted)["kin"]


def test_mean_losses_are_the_means_of_the_models_losses() -> None:
    model = measured_model("decoder")
    probe = examples(model, PICK, 5)
    exact = sum(model.losses(model.collate([one])).item() for one in probe) / 5
    assert mean_losses(model, {"pick": probe}, batch_size=2)["pick"] == pytest.approx(exact)


@pytest.fixture
def _stumbling(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    real, calls = difference.mean_losses, iter((False, True))

    def stumble(*given: object, **more: object) -> object:
        if next(calls):
            raise RuntimeError("broken")
        return real(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(difference, "mean_losses", stumble)
    yield


def test_parameters_are_bit_for_bit_what_they_were() -> None:
    model = measured_model("encoder")
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    probe = {"kin": examples(model, KIN, 4)}
    descent_by_difference(model, probe, mean_gradient(model, probe["kin"]), step=0.1)
    assert all(torch.equal(before[name], p) for name, p in model.named_parameters())


@pytest.mark.usefixtures("_stumbling")
def test_parameters_are_put_back_after_an_error_too() -> None:
    model = measured_model("encoder")
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    probe = {"kin": examples(model, KIN, 4)}
    with pytest.raises(RuntimeError, match="broken"):
        descent_by_difference(model, probe, mean_gradient(model, probe["kin"]))
    assert all(torch.equal(before[name], p) for name, p in model.named_parameters())


def test_half_precision_is_refused() -> None:
    model = measured_model("encoder")
    probe = {"kin": examples(model, KIN, 4)}
    towards = mean_gradient(model, probe["kin"])
    with (
        torch.autocast("cpu", dtype=torch.bfloat16),
        pytest.raises(ValueError, match="need float32, but autocast is on"),
    ):
        descent_by_difference(model, probe, towards)
    model.network.to(torch.bfloat16)
    with pytest.raises(ValueError, match=r"need float32; network\.[\w.]+ is torch.bfloat16"):
        descent_by_difference(model, probe, towards)


def test_bad_input_is_defined() -> None:
    model = measured_model("encoder")
    probe = {"kin": examples(model, KIN, 1)}
    towards = mean_gradient(model, probe["kin"])
    assert np.isfinite(descent_by_difference(model, probe, towards)["kin"])
    none = {name: torch.zeros_like(values) for name, values in towards.items()}
    assert descent_by_difference(model, probe, none) == {"kin": 0.0}
    with pytest.raises(ValueError, match="probe of 'kin' has no example"):
        descent_by_difference(model, {"kin": []}, towards)
    with torch.no_grad():
        next(iter(model.shared_parameters().values()))[:] = torch.nan
    with pytest.raises(DivergedError, match="loss of 'kin' is not finite"):
        descent_by_difference(model, probe, towards)
