"""Which checkpoints a campaign still needs; the others are litter. Pure."""

from __future__ import annotations

from engine.campaign import schedule
from engine.campaign.steps import checkpoint_of, incumbent, moments_of
from engine.ledger.state import State


def needed_checkpoints(state: State) -> frozenset[str]:
    """Hashes to keep: where work starts from, and every result that no decision has read yet.

    Once a campaign is delivered, only the delivered model and the last incumbent are.
    """
    if state.delivered:
        return frozenset({state.delivered.checkpoint, incumbent(state)})
    decided = tuple(f"{schedule.round_key(closed.round)}-" for closed in state.closed)
    undecided = {
        story.completed.checkpoint
        for key, story in state.jobs.items()
        if story.completed and not key.startswith(decided or ("\0",))
    }
    warm_up = {checkpoint_of(state, schedule.WARM_UP), moments_of(state)}
    return frozenset({incumbent(state), *warm_up, *undecided} - {""})
