"""Filling a pydantic dataclass from a YAML document, every problem with its place.

pydantic decides what is valid. What is *allowed* is said from the same class's JSON schema, so that
a message always describes the very rule that was broken.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from typing import Any, Literal, TypeVar

import pydantic
from pydantic_core import ErrorDetails

from tasks.expected import Schema, expected
from tasks.field_error import FieldError
from tasks.names import near_names
from tasks.problems import InputError, named, quoted
from tasks.strict_yaml import YamlDocument
from tasks.suggestion import suggestion
from tasks.yaml_reader import KeyPath, Place

T = TypeVar("T")
_PLAIN_KEY = re.compile(r"[\w-]{1,60}")
_Found = tuple[Place, str]


def bind(cls: type[T], document: YamlDocument, path: KeyPath = ()) -> T:
    """Make an instance of a pydantic dataclass (strict, extra keys forbidden).

    Args:
        cls: The dataclass.
        document: What was read.
        path: Where in the document the mapping stands that fills `cls`.

    Raises:
        InputError: One line for each problem, sorted by place: `file:line:column: field: what is
            wrong, with the value; what is allowed; the nearest name`. Before a value that was laid
            over the file stands the setting instead.
    """
    value = _at(document.data, path)
    try:
        # As JSON, for there a list fills a tuple and a whole number a float, still strictly.
        return pydantic.TypeAdapter(cls).validate_json(json.dumps(value))
    except pydantic.ValidationError as error:
        details = error.errors(include_url=False)
    describer = _Describer(document, path, _schema(cls))  # type: ignore[arg-type]  # classes are hashable
    found = sorted(dict.fromkeys(describer.lines(details)))
    raise InputError([line for _, line in found])


@functools.cache
def _schema(cls: type) -> Schema:
    return Schema.of(pydantic.TypeAdapter(cls).json_schema())


class _Describer:
    """Turns pydantic's problems into lines about one document."""

    def __init__(self, document: YamlDocument, base: KeyPath, schema: Schema) -> None:
        self._document = document
        self._base = base
        self._schema = schema
        self._told: set[KeyPath] = set()
        """Mappings whose known keys a line has listed."""

    def lines(self, details: Iterable[ErrorDetails]) -> Iterable[_Found]:
        located = [(self._path(detail["loc"]), detail) for detail in details]
        for path, detail in located:
            if not self._is_other_alternative(path, located):
                yield self._line(path, detail)

    def _path(self, loc: KeyPath) -> KeyPath:
        """The location without the names that pydantic inserts for alternatives of a union."""
        path: KeyPath = ()
        value = _at(self._document.data, self._base)
        for step in loc:
            if _has(value, step):
                path, value = (*path, step), value[step]
            elif isinstance(value, dict) and step in self._schema.at(path).keys:
                path, value = (*path, step), None  # the key that is missing
        return path

    def _is_other_alternative(
        self, path: KeyPath, located: list[tuple[KeyPath, ErrorDetails]]
    ) -> bool:
        """Whether the value took another shape of its union, in which the problem lies deeper."""
        if not self._schema.at(path).alternatives:
            return False
        return any(len(other) > len(path) and other[: len(path)] == path for other, _ in located)

    def _line(self, path: KeyPath, detail: ErrorDetails) -> _Found:
        field = _dotted(path)
        kind = detail["type"]
        if kind in ("missing", "missing_argument"):
            return self._said(path, f"{field}: {self._missing(path)}", of_key=True)
        if kind == "unexpected_keyword_argument" or detail["loc"][-1:] == ("[key]",):
            return self._unknown(path)
        if kind == "value_error":  # raised by the class itself
            return self._refused(path, detail["ctx"]["error"])
        return self._said(path, f"{field or 'document'}: {self._wrong(path, detail)}")

    def _unknown(self, path: KeyPath) -> _Found:
        keys = self._schema.at(path[:-1]).keys
        known = "" if path[:-1] in self._told else f" Known keys: {', '.join(keys)}."
        self._told.add(path[:-1])
        line = f"{_dotted(path)}: unknown key.{_hint(path[-1], keys)}{known}"
        return self._said(path, line, of_key=True)

    def _refused(self, path: KeyPath, error: ValueError) -> _Found:
        """What a class says of itself."""
        if isinstance(error, FieldError):
            path = (*path, *error.path)
        field = _dotted(path)
        return self._said(path, f"{field}: {error}" if field else str(error))

    def _missing(self, path: KeyPath) -> str:
        schema = self._schema.at(path)
        allowed = f"; {words}" if (words := expected(schema)) else ""
        return f"required key is missing{allowed}.{suggestion(schema, None)}"

    def _wrong(self, path: KeyPath, detail: ErrorDetails) -> str:
        schema = self._schema.at(path)
        value = _at(self._document.data, (*self._base, *path))
        allowed = expected(schema) or detail["msg"]
        hint = _hint(value, schema.choices) or suggestion(schema, value)
        return f"{allowed}, got {named(value)}.{hint}"

    def _said(self, path: KeyPath, words: str, *, of_key: bool = False) -> _Found:
        full = (*self._base, *path)
        of: Literal["key", "value"] = "key" if of_key else "value"
        return self._document.place(full, of=of), self._document.say(full, words, of=of)


def _hint(value: object, known: tuple[str, ...]) -> str:
    return f" {near_names(value, known)}".rstrip() if isinstance(value, str) else ""


def _at(data: Any, path: KeyPath) -> Any:
    for step in path:
        data = data[step]
    return data


def _has(value: Any, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and 0 <= step < len(value)
    return isinstance(value, dict) and step in value


def _dotted(path: KeyPath) -> str:
    """("train", "rates", 0) as "train.rates[0]"."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step if _PLAIN_KEY.fullmatch(step) else quoted(step)}"
    return text.removeprefix(".")
