"""Cards: where a task's rows come from and how they are posed, as a person writes it in YAML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from tasks.binding import bind
from tasks.problems import InputError
from tasks.strict_yaml import YamlDocument, load_all_yaml
from tasks.task import Kind

_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$")]
Text = Annotated[str, Field(min_length=1)]
RowCap = Annotated[int, Field(ge=2)]
MetricName = Literal[
    "accuracy",
    "f1",
    "macro_f1",
    "macro_recall",
    "matthews",
    "micro_f1",
    "pearson",
    "pearson_spearman_mean",
    "spearman",
    "weighted_f1",
]
"""The keys of `tasks.METRICS`, which is not imported here: reading a card stays light."""

_OF_SCORES = frozenset({"pearson", "pearson_spearman_mean", "spearman"})
_REVISION = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class SplitNames:
    """One name a split; those left out are cut from train."""

    train: Text
    validation: Text | None = None
    test: Text | None = None


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Source:
    """Files beside the card, or a data set of the hub; exactly one of the two."""

    files: SplitNames | None = None
    """.parquet, .jsonl or .csv, by path relative to the card's folder and inside it."""
    hub: Text | None = None
    """A data set's name on the hub, such as "nyu-mll/glue"."""
    config: Text | None = None
    revision: Text | None = None
    """The commit, 40 hex digits, so that the rows never change under a campaign."""
    splits: SplitNames = Field(default_factory=lambda: SplitNames(train="train"))
    """What the hub's data set calls its splits."""

    def __post_init__(self) -> None:
        if (self.files is None) == (self.hub is None):
            raise ValueError("give either 'files' or 'hub', and not both.")
        if self.hub is not None and not _REVISION.fullmatch(self.revision or ""):
            raise ValueError(
                f"'hub' needs 'revision', a commit of 40 hex digits, got {self.revision!r}."
            )


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Template:
    """How a row becomes text: each part a column, or words with {column} where a column goes.

    Words that need no column, such as one question asked of every row, end in {}.
    A column that holds a list of texts gives them line by line.
    """

    text: Text
    pair: Text | None = None
    options: Annotated[tuple[Text, ...], Field(min_length=2)] | Text | None = None
    """Two or more parts; or the one column that holds a list."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class RowCaps:
    """Rows used of each split, drawn at random once for all; none uses every row."""

    train: RowCap | None = None
    validation: RowCap | None = None
    test: RowCap | None = None


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Card:
    """One task: its source, its template, its answers and its metric."""

    name: Name
    family: Name
    kind: Kind
    metric: MetricName
    source: Source
    template: Template
    label: Text
    """The column with the answer: an index (or truth value), one of `labels`, or a score."""
    labels: tuple[Text, ...] = ()
    """Names in index order, for kind "labels"; for "options", how rows name answers, if they do."""
    description: str = ""
    decoy: bool = False
    """True when the labels are known to carry no information."""
    max_rows: RowCaps = Field(default_factory=RowCaps)
    licence: str = ""

    def __post_init__(self) -> None:
        for problem in (self._wrong_answers(), self._wrong_options(), self._wrong_metric()):
            if problem:
                raise ValueError(f"task '{self.name}' of kind '{self.kind}' {problem}.")

    def _wrong_answers(self) -> str:
        if len(set(self.labels)) < len(self.labels):
            return f"names a label twice in {list(self.labels)}"
        if self.kind == "labels" and len(self.labels) < 2:
            return f"needs at least two names in 'labels', got {list(self.labels)}"
        if self.kind == "score" and self.labels:
            return "has no 'labels'; leave them out"
        return ""

    def _wrong_options(self) -> str:
        if self.kind == "options" and self.template.options is None:
            return "needs 'template.options'"
        if self.kind != "options" and self.template.options is not None:
            return "has no 'template.options'; leave them out"
        return ""

    def _wrong_metric(self) -> str:
        if (self.kind == "score") == (self.metric in _OF_SCORES):
            return ""
        wanted = "one of " if self.kind == "score" else "none of "
        return f"needs {wanted}the metrics {sorted(_OF_SCORES)}, got '{self.metric}'"


def read_cards(path: Path) -> list[Card]:
    """The cards of one YAML file, one a document.

    Raises:
        InputError: With every problem of every card.
    """
    return [card for card, _ in read_placed_cards(path)]


def read_placed_cards(path: Path) -> list[tuple[Card, str]]:
    """The cards of one YAML file, each with the `file:line` where it starts.

    Raises:
        InputError: With every problem of every card.
    """
    cards: list[tuple[Card, str]] = []
    problems: list[str] = []
    for document in load_all_yaml(path):
        try:
            cards.append((bind(Card, document), _origin(document)))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return cards


def _origin(document: YamlDocument) -> str:
    return f"{document.file}:{document.place(())[0]}"
