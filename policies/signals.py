"""The signals that a campaign can measure, and what each says of a candidate."""

from __future__ import annotations

from collections.abc import Mapping

SIGNALS: Mapping[str, str] = {
    "affinity": "correlation of the movements of candidate's and target's prefix vectors, -1 to 1",
    "alignment": "cosine of the candidate's and the target's gradients, -1 to 1",
    "descent": "predicted fall of the target's loss for a step on the candidate, per learning rate",
    "lookahead": "relative fall of the target's loss after one real step on the candidate",
    "text": "nearness of the texts: mean over target examples of the nearest candidate example",
    "centroid": "cosine of the mean text embeddings of candidate and target, -1 to 1",
    "loss": "mean loss of the candidate's own probe, nats per example",
    "excess": "loss above the lowest that the candidate's probe had in this campaign, nats",
    "progress": "fall of the candidate's own probe loss since the round before, nats",
    "confidence": "mean probability of the true answers over the warm-up's checkpoints, 0 to 1",
    "variability": "mean spread of that probability over the checkpoints, 0 to 0.5",
    "correctness": "share of the checkpoints at which an example is answered right, 0 to 1",
    "similarity": "cosines of the candidates' gradients with each other; gives `View.sketches`",
}
"""Name -> meaning. Those that concern no target hold the same score for each of them."""
