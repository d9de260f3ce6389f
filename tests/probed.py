"""Tiny models measured on a few small probes: what tests of measuring compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from measured_models import KIN, MOOD, PICK, TALLY, examples
from numpy.typing import NDArray

from engine.model.batch import Encoded
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from engine.signals.probe import Signals, directions_of, measure
from engine.signals.readings import flat_columns
from engine.signals.sources import ALONG_TARGETS, IN_THE_PASS

Model = EncoderModel | DecoderModel
NAMES = ("kin", "pick", "tally", "mood again", "pick again")


def small_probes(model: Model) -> dict[str, Sequence[Encoded]]:
    """Eight examples of each of `NAMES`."""
    tasks = (KIN, PICK, TALLY, MOOD, PICK)
    return {
        name: examples(model, task, 8, skip=20) for name, task in zip(NAMES, tasks, strict=True)
    }


def small_targets(model: Model) -> dict[str, Sequence[Encoded]]:
    """Two targets, each with eight examples."""
    return {"mood": examples(model, MOOD, 8), "tally": examples(model, TALLY, 8)}


def measured(
    model: Model, names: tuple[str, ...] = NAMES, signals: frozenset[str] = IN_THE_PASS
) -> Signals:
    """Signals of these probes."""
    chosen: Mapping[str, Sequence[Encoded]] = {name: small_probes(model)[name] for name in names}
    targets = small_targets(model) if signals & ALONG_TARGETS else {}
    directions = directions_of(model, targets, seed=(1, 5, 0))
    return measure(model, chosen, directions, signals=signals, seed=(1, 5, 0))


def all_numbers(signals: Signals) -> dict[str, NDArray[Any]]:
    """All that was measured, by name, a row for each probe."""
    rows = ("square_n", "noise_n", "losses_n", "loss_ses_n", "sketches")
    columns = flat_columns(signals.scores, "scores") | flat_columns(signals.ses, "ses")
    return {**columns, **{name: getattr(signals, name) for name in rows}}
