"""Which pool a command is about, and what reads it: from options, or from a campaign file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.campaign.campaign_file import read_campaign
from tasks import InputError, OnTask, Pool, load_pool


@dataclass(frozen=True, kw_only=True)
class ChosenPool:
    """What `sextant tasks` looks at."""

    entries: tuple[str, ...] = ("pydocs",)
    base: Path
    """Folder that the entries are relative to."""
    data: Path | None = None
    without: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    model: str | None = None
    """Whose tokens are shown and counted; none: texts only."""
    max_length: int = 64

    def load(self, on_task: OnTask | None = None) -> Pool:
        return load_pool(
            self.entries, base=self.base, data=self.data, without=self.without, on_task=on_task
        )


def choose(
    entries: Sequence[str] | None, *, data: Path | None, campaign: Path | None
) -> ChosenPool:
    """The pool that options name; a campaign file gives what they leave open.

    Raises:
        InputError: As `read_campaign`; or the data folder does not exist.
    """
    if data is not None and not data.is_dir():
        raise InputError([f"--data: '{data}' is no folder."])
    chosen = _of_campaign(campaign) if campaign else ChosenPool(base=Path.cwd())
    if entries:
        chosen = replace(chosen, entries=tuple(entries), base=Path.cwd(), without=())
    return replace(chosen, data=data.resolve()) if data else chosen


def reading(chosen: ChosenPool, model: str | None, max_length: int) -> ChosenPool:
    """The same, read by another model than the campaign's."""
    if model is None:
        return chosen
    return replace(chosen, model=model, max_length=max_length)


def judged_on(chosen: ChosenPool, targets: Sequence[str]) -> ChosenPool:
    """The same, for other targets than the campaign's."""
    return replace(chosen, targets=tuple(targets)) if targets else chosen


def _of_campaign(path: Path) -> ChosenPool:
    campaign, document = read_campaign(path)
    return ChosenPool(
        entries=campaign.pool,
        base=Path(document.file).resolve().parent,
        data=campaign.data_folder,
        without=campaign.exclude,
        targets=tuple(campaign.targets),
        model=campaign.model,
        max_length=campaign.max_length,
    )
