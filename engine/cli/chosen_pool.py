"""Which pool a command is about, and what reads it: from options, or from a campaign file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.campaign.campaign_file import read_campaign
from engine.campaign.model_check import check_answering, check_reading
from engine.campaign.spec import Campaign
from engine.model.base_model import check_length, model_source
from tasks import InputError, OnTask, Pool, YamlDocument, load_pool


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
    reader: tuple[Campaign, YamlDocument] | None = None
    """The campaign that names the model; none: an option does, or nobody."""

    def load(self, on_task: OnTask | None = None) -> Pool:
        return load_pool(
            self.entries, base=self.base, data=self.data, without=self.without, on_task=on_task
        )

    def check_reading(self) -> None:
        """Refuse a model that cannot be had, or that cannot read `max_length` tokens.

        Raises:
            ValueError: With file and line where a campaign names them.
        """
        if self.reader is not None:
            check_reading(*self.reader)
        elif self.model is not None:
            check_length(model_source(self.model), self.max_length, name=self.model)

    def check_answering(self, pool: Pool) -> None:
        """Refuse tasks that the campaign's model cannot answer.

        Raises:
            InputError: With file and line.
        """
        if self.reader is not None:
            campaign, document = self.reader
            check_answering(campaign, pool, document)


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


def reading(chosen: ChosenPool, model: str | None, max_length: int | None) -> ChosenPool:
    """The same, read by another model than the campaign's, or to another length.

    Raises:
        InputError: If there is a length and nothing that reads.
    """
    if model is None and max_length is None:
        return chosen
    if model is None and chosen.model is None:
        raise InputError(["--max-length: is of a model's tokens; give --model or --campaign too."])
    length = max_length or chosen.max_length
    return replace(chosen, model=model or chosen.model, max_length=length, reader=None)


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
        reader=(campaign, document),
    )
