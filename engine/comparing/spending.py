"""What a comparison's campaigns were charged, and what was really computed for them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.comparing.comparison import Comparison
from engine.comparing.running import state_of
from engine.comparing.shared_results import SharedResults


@dataclass(frozen=True, kw_only=True, slots=True)
class Spending:
    """Training tokens, and busy seconds of workers."""

    charged: int
    """To all campaigns together, as if each were alone."""
    computed: int
    seconds: float


def spent(comparison: Comparison) -> Spending:
    """Over all campaigns of a comparison, proofs included."""
    states = [
        state_of(comparison.folder_of(pairing, named))
        for pairing in comparison.pairings()
        for named in comparison.policies
    ]
    work = [
        line
        for pairing in comparison.pairings()
        for line in SharedResults(comparison.shared_folder(pairing)).done()
    ]
    return Spending(
        charged=sum(
            state.spent_tokens() + state.spent_tokens(proof=True) for state in states if state
        ),
        computed=sum(line.tokens for line in work),
        seconds=sum(line.seconds for line in work),
    )
