"""A card: where a task's rows come from and how they are posed, as a person writes it in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from tasks.cards.rules import (
    MetricName,
    names_in,
    wrong_count,
    wrong_labels,
    wrong_metric,
    wrong_options,
    wrong_texts,
)
from tasks.cards.source import STRICT, Source, Text
from tasks.cards.template import Template
from tasks.field_error import FieldError
from tasks.names import NAME_PATTERN
from tasks.task import Kind

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
RowCap = Annotated[int, Field(ge=2)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RowCaps:
    """Rows used of each split, drawn at random once for all; none uses every row.

    A cap on train counts before the splits that the source lacks are cut from it: of 1,000 rows,
    800 are left when one is cut, and 600 when two are.
    """

    train: RowCap | None = None
    """Most rows to train on, together with the rows of splits that are cut from train."""
    validation: RowCap | None = None
    """Most rows that the choice of the mixture is judged on."""
    test: RowCap | None = None
    """Most rows that the end result is judged on."""


_NO_CAPS = RowCaps()


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Card:
    """One task: its source, its template, its answers and its metric."""

    name: Name
    """What the task is called in campaigns and reports; one name, one task."""
    family: Name
    """What the task is about, such as "sentiment" or "nli"; tasks of one family are kin."""
    kind: Kind
    """How it is answered. labels: by one of a fixed set; options: by one of the row's own answers;
    score: by a number; text: by writing, for models that generate."""
    metric: MetricName
    """How answers are judged; the larger the better. Kind "score": pearson, spearman or
    pearson_spearman_mean. Kind "text": exact_match. The others are for labels and options, with
    these conditions: f1 is that of the second of two labels (or options). Kind "labels" alone has
    auroc, of two labels or more, each against the rest; f1_against_favor_mean, the mean F1 of the
    labels of these two names; and mean_average_precision, which ranks the pairs that share a text
    and takes the second of two labels as right."""
    source: Annotated[Source, Field(examples=[{"files": {"train": "train.csv"}}])]
    """Where the rows come from."""
    template: Annotated[Template, Field(examples=[{"text": "{title}: {body}"}])]
    """How a row becomes text."""
    label: Text
    """The column with the answer, or a path into a nested one, such as `annotation.label`. Kind
    "score": a number. Kind "text": what is to be written, a column or words with {column}. Else an
    index, a truth value, one of `labels`, or one of the row's options."""
    labels: Annotated[
        tuple[Text, ...] | Mapping[Text, Text] | Literal["inferred"],
        Field(examples=[["no", "yes"]]),
    ] = ()
    """Kind "labels": what the answers are called.

    - A list, such as [no, yes], in index order: 0 or "no" is the first. If a name is itself a
      number or a truth value, the list names the values of the column, and no index is understood.
    - From each value of the column to its name, such as {-1: against, 0: none, 1: favor}, or
      {true: yes, false: no}; values that share a name become one label.
    - "inferred": what the data set declares, else the values that occur in train, sorted.
    - Left out: what the data set declares. If it declares none, the values found are listed, for
      you to write them down here.

    Kind "options": how rows name their answers, if neither by index nor by the option's own text,
    in the order of the options, such as [A, B, C, D] or {1: first, 2: second}. Other kinds have
    none.
    """
    description: str = ""
    """What the task is, in a sentence or two, for people."""
    decoy: bool = False
    """True when the labels are known to carry no information: a good choice of tasks avoids it."""
    prefix: str = ""
    """Words put before every text, with a space between, such as an instruction; the learned prefix
    stands before them."""
    max_rows: Annotated[RowCaps, Field(examples=[{"train": 10_000}])] = _NO_CAPS
    """Most rows used of each split; all are used where it says nothing."""
    bad_rows: Literal["stop", "leave_out"] = "stop"
    """What happens to rows without text or answer: all are named and nothing runs, or they are left
    out and counted."""
    licence: str = ""
    """Under which the data may be used, such as "CC BY 4.0"; shown, never judged."""

    def __post_init__(self) -> None:
        template = self.template
        for field, problem in (
            ("labels", wrong_labels(self.kind, self.labels)),
            (
                "template.options",
                wrong_options(self.kind, has_options=template.options is not None),
            ),
            (
                "template",
                wrong_texts(self.kind, self.label, {"text": template.text, "pair": template.pair}),
            ),
            ("metric", wrong_metric(self.kind, self.metric, has_pair=template.pair is not None)),
            ("metric", wrong_count(self.kind, self.metric, names_in(self.labels))),
        ):
            if problem:
                raise FieldError(field, f"task '{self.name}' of kind '{self.kind}' {problem}.")
