"""One store into another, as often as one likes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.evidence.records import Stored
from engine.evidence.store import (
    CampaignEvidence,
    Evidence,
    append,
    file_of,
    read_campaign,
    read_evidence,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """What merging came to."""

    campaigns: int
    """Of the store that was read."""
    new: int
    """Branches that were added."""
    known: int
    """Branches that were there."""


def merge(folder: Path, source: Path) -> Merged:
    """Add to the store `folder`, which is made where missing, what it lacks of the store `source`.

    No campaign of `source` may be running with `folder` as its store.

    Raises:
        InputError: If either is no folder or holds a damaged file; nothing was added.
        DiskError: Some may have been added; merging again adds the rest.
    """
    read_evidence(folder)
    coming: Evidence = read_evidence(source)
    counts = [_merge_campaign(folder, campaign) for campaign in coming.campaigns]
    branches = sum(len(campaign.branches) for campaign in coming.campaigns)
    return Merged(campaigns=len(counts), new=sum(counts), known=branches - sum(counts))


def _merge_campaign(folder: Path, coming: CampaignEvidence) -> int:
    path = file_of(folder, coming.opened.campaign)
    there = read_campaign(path)
    lacking: list[Stored] = [] if there else [coming.opened]
    tasks, branches = (there.tasks, there.branches) if there else ({}, {})
    lacking += [task for identity, task in coming.tasks.items() if identity not in tasks]
    new = [branch for key, branch in coming.branches.items() if key not in branches]
    if lacking or new:
        append(path, [*lacking, *new])
    return len(new)
