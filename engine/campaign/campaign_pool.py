"""The pool that a campaign file means: the same wherever it is read."""

from __future__ import annotations

from pathlib import Path

from engine.campaign.spec import Campaign
from tasks import OnTask, Pool, load_pool


def load_campaign_pool(campaign: Campaign, *, base: Path, on_task: OnTask | None = None) -> Pool:
    """Read the campaign's tasks but those that it excludes.

    Raises:
        InputError: As `load_pool`.
        UnknownTaskError: If there is no such task to exclude.
    """
    return load_pool(
        campaign.pool,
        base=base,
        data=campaign.data_folder,
        without=campaign.exclude,
        on_task=on_task,
    )
