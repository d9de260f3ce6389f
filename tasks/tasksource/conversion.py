"""From an annotation to a card."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import Any

from tasks.cards import Card, RowCaps, Source, SplitNames, Template
from tasks.tasksource.annotation import Annotation, InexpressibleError
from tasks.tasksource.columns import column, constant_index, named_classes, template_part

_USUAL_SPLITS = ("train", "validation", "test")
_UNNAMEABLE = re.compile(r"[^A-Za-z0-9._-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_OPTION = re.compile(r"choice(\d+)")
_NO_CODE = "identity"
"""What the function that leaves rows as they are is called."""


def to_card(annotation: Annotation) -> Card:
    """The card that reads and poses what the annotation describes.

    Raises:
        InexpressibleError: Saying what of it a card cannot hold.
    """
    _refuse_code(annotation)
    fields = annotation.fields
    if annotation.kind == "Classification":
        answers = _scores(fields) if fields.get("regression") else _labels(fields)
    elif annotation.kind == "MultipleChoice":
        answers = _options(fields)
    else:
        raise InexpressibleError(f"is of kind {annotation.kind}, which is not supported")
    return Card(
        name=card_name(annotation.name),
        family=card_name(annotation.name.removeprefix("multilingual/").split("/")[0]),
        source=_source(annotation),
        description=_description(annotation),
        licence=annotation.licence,
        max_rows=RowCaps(train=fields.get("max_examples")),
        **answers,
    )


def card_name(name: str) -> str:
    """A name of the catalogue as tasks can be called: "glue/rte" is "glue-rte"."""
    return _UNNAMEABLE.sub("-", name)


def _refuse_code(annotation: Annotation) -> None:
    for stage in ("pre_process", "post_process"):
        step = annotation.fields.get(stage)
        if step is not None and getattr(step, "__name__", "") != _NO_CODE:
            raise InexpressibleError(f"has code that changes rows ('{stage}')")


def _labels(fields: Mapping[str, Any]) -> dict[str, Any]:
    named = named_classes(fields["labels"])
    if named:
        names: Any = tuple(named["classes"])
        label = column(named["label_name"], "labels")
    else:
        names = _named_values(fields.get("label_values") or {})
        label = column(fields["labels"], "labels")
    return {
        "kind": "labels",
        "metric": "accuracy",
        "template": _texts(fields),
        "label": label,
        "labels": names,
        "bad_rows": "leave_out",  # as the package does with answers that are hidden
    }


def _scores(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": "score",
        "metric": "pearson",
        "template": _texts(fields),
        "label": column(fields["labels"], "labels"),
        "bad_rows": "leave_out",
    }


def _options(fields: Mapping[str, Any]) -> dict[str, Any]:
    """An answer that no rule fits stops the campaign, for then the rule itself may be wrong."""
    options = _listed_options(fields)
    always = constant_index(fields["labels"])
    if always is not None:
        label, letters = _text_of_option(options, always), ""
    else:
        label = column(fields["labels"], "labels")
        letters = string.ascii_uppercase[: len(options) if isinstance(options, tuple) else None]
    return {
        "kind": "options",
        "metric": "accuracy",
        "template": Template(text=template_part(fields["inputs"], "inputs"), options=options),
        "label": label,
        "labels": tuple(letters),  # indices are understood beside them
    }


def _listed_options(fields: Mapping[str, Any]) -> tuple[str, ...] | str:
    if fields.get("choices_list") is not None:
        return column(fields["choices_list"], "choices_list")
    found = [key for key in fields if _OPTION.fullmatch(key)]
    keys = sorted(found, key=lambda key: int(key.removeprefix("choice")))
    return tuple(template_part(fields[key], "choices") for key in keys)


def _text_of_option(options: tuple[str, ...] | str, index: int) -> str:
    """Where the text of the right option stands, which names it."""
    if isinstance(options, str):
        return f"{options}.{index}"
    if "{" in options[index]:
        raise InexpressibleError("has an answer put together from columns")
    return options[index]


def _texts(fields: Mapping[str, Any]) -> Template:
    pair = fields.get("sentence2")
    return Template(
        text=template_part(fields["sentence1"], "sentence1"),
        pair=None if pair is None else template_part(pair, "sentence2"),
    )


def _named_values(values: Mapping[Any, str]) -> tuple[str, ...] | dict[str, str] | str:
    if not values:
        return "inferred"
    if list(values) == list(range(len(values))):
        return tuple(values.values())
    return {str(value): name for value, name in values.items()}


def _source(annotation: Annotation) -> Source:
    loading = dict(annotation.fields.get("load_dataset_kwargs") or {})
    revision = loading.pop("revision", None)
    if loading:
        raise InexpressibleError(f"is read from single files or folders ({', '.join(loading)})")
    if revision is not None and not _COMMIT.fullmatch(revision):
        raise InexpressibleError(f"is read from the branch '{revision}', which can change")
    return Source(
        hub=annotation.dataset,
        config=annotation.config,
        revision=revision,
        splits=_splits(annotation.fields["splits"]),
    )


def _splits(splits: Any) -> SplitNames:
    """The usual names are the package's default, and no promise that a data set has all three."""
    train, validation, test = splits
    if (train, validation, test) == _USUAL_SPLITS:
        return SplitNames(train=train)
    return SplitNames(train=train, validation=validation, test=test)


def _description(annotation: Annotation) -> str:
    question = annotation.fields.get("question")
    if isinstance(question, Mapping):
        question = question.get(annotation.config)
    return question or ""
