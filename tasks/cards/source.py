"""Where a task's rows come from, as a card says it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from tasks.field_error import FieldError
from tasks.problems import quoted

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True)

Text = Annotated[str, Field(min_length=1)]
_REVISION = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SplitNames:
    """One name a split; those left out are cut from train."""

    train: Text
    """Rows to train on; splits that are not named are cut from them."""
    validation: Text | None = None
    """Rows that the choice of the mixture is judged on."""
    test: Text | None = None
    """Rows that the end result is judged on."""


_TRAIN_ALONE = SplitNames(train="train")
_OF_HUB = ("config", "revision", "splits")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Source:
    """Files of one's own, a folder of them, or a data set of the hub; exactly one of the three."""

    files: SplitNames | None = None
    """One file a split, by path relative to the data folder and inside it: .parquet,
    .jsonl, .json, .csv or .tsv; all but the first also with .gz."""
    folder: Text | None = None
    """A folder of the data folder with one file a split, named after it, such as train.csv,
    validation.csv (or dev.csv) and test.csv."""
    hub: Text | None = None
    """A data set's name on the hub, such as "nyu-mll/glue"."""
    config: Text | None = None
    """The configuration of the hub's data set, where it has several, such as "mnli"."""
    revision: Text | None = None
    """A commit of the hub's data set, 40 hex digits, so that its rows never change; none is the
    newest."""
    splits: SplitNames = _TRAIN_ALONE
    """What the hub's data set calls its splits, such as {train: train, validation: dev}."""

    def __post_init__(self) -> None:
        given = [key for key in ("files", "folder", "hub") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"give one of 'files', 'folder' and 'hub', got {given or 'none'}.")
        stray = [key for key in _OF_HUB if getattr(self, key) not in (None, _TRAIN_ALONE)]
        if stray and self.hub is None:
            words = f"'{stray[0]}' is for 'hub', and '{given[0]}' has none; leave it out."
            raise FieldError(stray[0], words)
        if self.revision is not None and not _REVISION.fullmatch(self.revision):
            raise FieldError(
                "revision",
                f"'revision' is a commit of 40 hex digits, got {quoted(self.revision)}; "
                "a branch or tag can change under a campaign.",
            )
