"""mixture.json: what a campaign chose, for people and for other programmes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from engine.ledger.records import Chosen, Contender, Delivered, Opened, Record
from engine.report.start import advanced_mixtures


def mixture_json(
    records: Sequence[Record], *, tokens_per_example: Mapping[str, float] | None = None
) -> bytes:
    """The chosen mixture with its proof, UTF-8, largest share first, floats exact.

    `start` tells what the selected arm had been trained on before: job key -> mixture of each
    branch that advanced, in their order; {} is a control, trained on the target alone.

    Args:
        records: A ledger in which a mixture was chosen.
        tokens_per_example: task -> mean tokens of an example; with it the shares of *tokens* are
            written beside the shares of examples. Ignored unless it covers the mixture.

    Raises:
        ValueError: If the campaign has not chosen a mixture yet.
    """
    opened = next((record for record in records if isinstance(record, Opened)), None)
    chosen = next((record for record in records if isinstance(record, Chosen)), None)
    delivered = next((record for record in records if isinstance(record, Delivered)), None)
    if opened is None or chosen is None:
        raise ValueError(
            "The campaign has not chosen a mixture yet, so there is no mixture.json to write; "
            "run it to its end, or read its rounds with `sextant report`."
        )
    shares = normalised(chosen.mixture)
    content: dict[str, Any] = {
        "campaign": opened.campaign_id,
        "name": opened.config.get("name"),
        "target": opened.config.get("target"),
        "model": opened.config.get("model"),
        "reason": chosen.reason,
        "mixture": shares,
    }
    if tokens_per_example and shares.keys() <= tokens_per_example.keys():
        tokens = {task: share * tokens_per_example[task] for task, share in shares.items()}
        content["mixture_of_tokens"] = normalised(tokens)
    # Without it an empty mixture would read as if no candidate had had a part in the model.
    rounds = {job: normalised(mixture) for job, mixture in advanced_mixtures(records).items()}
    content["start"] = {"warm_up": "all tasks", "rounds": rounds}
    if delivered:
        content["delivered"] = delivered.arm
        content["arms"] = {arm.arm: _arm(arm) for arm in delivered.contenders}
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode(errors="backslashreplace")


def normalised(weights: Mapping[str, float]) -> dict[str, float]:
    """Positive weights over their sum, largest first; `math.fsum` of them is exactly 1."""
    total = math.fsum(weights.values())
    order = sorted(weights, key=lambda task: (-weights[task], task))
    shares = {task: weights[task] / total for task in order if weights[task] > 0}
    # Rounding leaves an error of some 1e-16, which the largest share can bear.
    for _ in range(4):
        if shares and (error := 1.0 - math.fsum(shares.values())):
            shares[order[0]] += error
    return shares


def _arm(arm: Contender) -> dict[str, Any]:
    return {"cost_tokens": arm.cost, "gate_loss": arm.gate_loss, "test": dict(arm.test)}
