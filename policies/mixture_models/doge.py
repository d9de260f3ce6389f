"""Weights multiplied by how far a step on each task lowers the target's loss: DoGE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.mixture_models.multiplicative_weights import reweighted
from policies.options import require_above
from policies.roster import FloatArray, Roster, roster, target_scores
from policies.view import Proposal, View

_LARGEST = 5.0
"""Scores are cut there: the reference's bound, in its unit."""


@dataclass(frozen=True, kw_only=True)
class DoGE:
    """Every candidate's weight is multiplied each round by exp(step * its gradient's score).

    The score is the inner product of the candidate's gradient with the target's, divided by the
    mean length of the candidates' and the length of the target's, which descent and alignment
    together tell, and cut to 0 where negative: harmful tasks are starved, not banned. The weights
    of the round before are read from the history; beside them the round tests their average over
    all rounds, which is what the method ends with. With `View.exactly` the history holds sets and
    no weights, so that every round starts from even ones. Gains are not read.

    Source: Fan, Pagliardini, Jaggi 2023 (DoGE), arXiv:2310.15393, section 3 (target outside the
    training domains), and its code for the scale and the bounds of scores.
    """

    step: float = 10.0
    """Multiplied with scores, which are like cosines; above 0. The reference takes 10,000 steps of
    learning rate 5e-4 over 0.05, 100 in all; this is a tenth of that."""

    def __post_init__(self) -> None:
        require_above("step", self.step, 0)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"alignment", "descent"})

    def propose(self, view: View, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """This round's weights and their average; the average alone when no round is left."""
        who = roster(view)
        scores = _scores(view, who)
        most = int(scores.argmax())
        told = (
            f"scores up to {scores[most]:.2g} ({who.names[most]}), "
            f"{int((scores > 0).sum())} of {len(scores)} above 0"
        )
        return reweighted(view, who, self.step * scores, told)


def _scores(view: View, who: Roster) -> FloatArray:
    """(N,) 0 to 5; 0 without evidence."""
    descent = target_scores(view, who.candidates, "descent")
    alignment = np.abs(target_scores(view, who.candidates, "alignment"))
    peak = float(np.abs(descent).max())
    if peak == 0 or not alignment.any():
        return np.zeros_like(descent)
    # Descent over alignment is the product of the two gradients' lengths.
    length = np.abs(descent / peak).sum() / alignment.sum()
    return np.asarray(np.clip(descent / peak / length, 0.0, _LARGEST))
