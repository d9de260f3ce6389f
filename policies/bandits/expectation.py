"""What earlier campaigns and texts lead one to expect of each candidate."""

from __future__ import annotations

from policies.roster import FloatArray, Roster, target_scores
from policies.source_effects import source_effects
from policies.standardised import standardised
from policies.view import View


def expectation(view: View, who: Roster, text: float) -> FloatArray:
    """(N,) standardised effect on other targets, plus `text` times the standardised text signal.

    Zeros where neither is known. A sum of the two with a weight of about a half chooses better than
    either alone, and than the sum with full weight, on TaskWeb (arXiv:2305.13256; our analysis).
    """
    elsewhere = standardised(source_effects(view, who).mean)
    return elsewhere + text * standardised(target_scores(view, who.candidates, "text"))
