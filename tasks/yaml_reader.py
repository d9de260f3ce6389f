"""Plain values and their places, from PyYAML's events; whatever is not plain is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from tasks.problems import InputError, quoted
from tasks.yaml_wording import yaml_problem

KeyPath = tuple[str | int, ...]
"""Keys and list indices from the top of a document."""
Place = tuple[int, int]
"""(line, column), both from 1."""

_DEEPEST = 32
_LONGEST_NUMBER = 40
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_PLAIN = {"true": True, "false": False, "null": None, "~": None, "": None}
_FORBIDDEN = re.compile("[\0\ud800-\udfff]")


class PlacedValue(NamedTuple):
    """One document: plain dicts, lists and scalars, and where each value and each key stands."""

    data: dict[str, Any]
    values: dict[KeyPath, Place]
    keys: dict[KeyPath, Place]


class YamlReader:
    """Turns PyYAML's events into plain values, refusing what is not plain."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text
        self._values: dict[KeyPath, Place] = {}
        self._keys: dict[KeyPath, Place] = {}

    def documents(self) -> Iterator[PlacedValue]:
        self._events = self._parsed()
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                first = next(self._events)
                if not _is_nothing(first):  # such as after a "---" at the end
                    yield self._document(first)

    def _document(self, event: yaml.Event) -> PlacedValue:
        self._values, self._keys = {}, {}
        data = self._value(event, ())
        if not isinstance(data, dict):
            raise self._error(event, "expected a mapping, `key: value`, at the top of the document")
        return PlacedValue(data, self._values, self._keys)

    def _value(self, event: yaml.Event, path: KeyPath) -> Any:
        self._refuse_what_is_not_plain(event)
        self._values[path] = _place(event)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if len(path) >= _DEEPEST:
            raise self._error(event, f"nested deeper than {_DEEPEST} levels")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        return self._mapping(path)

    def _list(self, path: KeyPath) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: KeyPath) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event)
            if key in mapping:
                first = self._keys[(*path, key)][0]
                raise self._error(event, f"{key}: key given twice (first on line {first})")
            self._keys[(*path, key)] = _place(event)
            mapping[key] = self._value(next(self._events), (*path, key))
        return mapping

    def _key(self, event: yaml.Event) -> str:
        self._refuse_what_is_not_plain(event)
        if not isinstance(event, yaml.ScalarEvent):
            raise self._error(event, "a key must be text, not a list or mapping")
        if event.implicit[0] and event.value == "<<":
            raise self._error(event, "merge keys are not allowed; write the keys out")
        if not event.value:
            raise self._error(event, "a key must not be empty")
        self._refuse_unprintable(event)
        return str(event.value)

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        self._refuse_unprintable(event)
        text: str = event.value
        if not event.implicit[0]:
            return text
        if text in _PLAIN:
            return _PLAIN[text]
        if not _NUMBER.fullmatch(text) or _LEADING_ZERO.fullmatch(text):
            return text
        if len(text) > _LONGEST_NUMBER:
            raise self._error(event, f"a number of {len(text)} characters; write it shorter")
        number = int(text) if _WHOLE.fullmatch(text) else float(text)
        if abs(number) == float("inf"):
            raise self._error(event, f"{text} is too large for a number")
        return number

    def _refuse_unprintable(self, event: yaml.ScalarEvent) -> None:
        if _FORBIDDEN.search(event.value):
            raise self._error(event, f"a character that no text may hold, in {quoted(event.value)}")

    def _refuse_what_is_not_plain(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise self._error(event, "YAML aliases are not allowed; write the value out")
        if getattr(event, "tag", None) is not None:
            raise self._error(event, "YAML tags are not allowed; write a plain value")
        if getattr(event, "anchor", None) is not None:
            raise self._error(event, "YAML anchors are not allowed; write a plain value")

    def _parsed(self) -> Iterator[yaml.Event]:
        try:
            yield from yaml.parse(self._text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
            raise InputError([f"{self._file}:{place}: not YAML: {yaml_problem(error)}."]) from None
        except yaml.reader.ReaderError as error:
            line = self._text.count("\n", 0, error.position) + 1
            character = f"U+{ord(self._text[error.position]):04X}"
            raise InputError(
                [f"{self._file}:{line}: control character {character} is not allowed."]
            ) from None
        except (ValueError, OverflowError) as error:
            if isinstance(error, InputError):
                raise
            # PyYAML lets "\UFFFFFFFF" and %YAML with 5,000 digits run into chr() and int().
            raise InputError([f"{self._file}:1:1: not YAML: {error}."]) from None

    def _error(self, event: yaml.Event, words: str) -> InputError:
        line, column = _place(event)
        return InputError([f"{self._file}:{line}:{column}: {words}."])


def _is_nothing(event: yaml.Event) -> bool:
    if not isinstance(event, yaml.ScalarEvent):
        return False
    return bool(event.implicit[0]) and not event.value and event.anchor is None


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
