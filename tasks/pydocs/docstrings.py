"""Reads sentences and described arguments from a docstring: NumPy, Google and Sphinx styles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ROLE = re.compile(r":[\w:+-]+:`~?!?([^`<]*?)(?:\s*<[^>]*>)?`")
_MARKUP = re.compile(r"[`*]+|\|")
_SENTENCE = re.compile(r"(?<![.\s][a-zA-Z])(?<!e\.g)(?<!i\.e)(?<!\bvs)(?<!\bcf)[.!?](?:\s+|$)")
_FIRST_IS_NOT_PROSE = re.compile(r"^(>>>|\.\.|@|:|--|==|Copied from|TODO|Args:|Parameters|Returns)")
_SECTION = re.compile(r"^(Parameters|Args|Arguments|Other Parameters)\s*:?\s*$")
_NUMPY_ITEM = re.compile(r"^(\*{0,2}\w+)\s*:\s*(.*)$")
_GOOGLE_ITEM = re.compile(r"^(\*{0,2}\w+)\s*(?:\((.*?)\))?\s*:\s*(.*)$")
_SPHINX_ITEM = re.compile(r"^:param\s+(?:(\S+)\s+)?(\w+):\s*(.*)$")

_NO_ARGUMENT = frozenset(
    {"args", "attributes", "default", "example", "examples", "kwargs", "note", "notes", "raises"}
    | {"return", "returns", "see", "shape", "usage", "warning", "warnings", "yields"}
)

FEWEST_WORDS, MOST_WORDS, MOST_CHARACTERS = 3, 18, 120


@dataclass(frozen=True, slots=True)
class Described:
    """An argument as its docstring describes it."""

    name: str
    type: str
    """As written, cleaned of markup; may be empty."""
    text: str
    """First sentence of the description."""


@dataclass(frozen=True, slots=True)
class Docstring:
    """What a docstring says, as plain sentences."""

    summary: str
    second: str
    described: tuple[Described, ...]


def read_docstring(text: str) -> Docstring | None:
    """Sentences of a dedented docstring; None where it opens with no sentence of fit length."""
    if _FIRST_IS_NOT_PROSE.match(text):
        return None
    paragraphs = [p for p in re.split(r"\n\s*\n", text) if p.strip()]
    sentences = _sentences(paragraphs[0]) if paragraphs else []
    if not sentences or not _is_fit(sentences[0]):
        return None
    rest = sentences[1:] or (_sentences(paragraphs[1]) if len(paragraphs) > 1 else [])
    second = rest[0] if rest and _is_fit(rest[0]) and rest[0][0].isupper() else ""
    return Docstring(sentences[0], second, tuple(_described(text.splitlines())))


def _sentences(paragraph: str) -> list[str]:
    if _SECTION.match(paragraph.splitlines()[0]) or "\n---" in paragraph or ">>>" in paragraph:
        return []
    return [s for s in _SENTENCE.split(plain(paragraph)) if s]


def plain(text: str) -> str:
    """One line of text without roles, quotes for code and emphasis."""
    return " ".join(_MARKUP.sub("", _ROLE.sub(r"\1", text)).split())


def _is_fit(sentence: str) -> bool:
    words = sentence.split()
    letters = sum(c.isascii() and (c.isalpha() or c == " ") for c in sentence)
    return (
        FEWEST_WORDS <= len(words) <= MOST_WORDS
        and len(sentence) <= MOST_CHARACTERS
        and letters >= 0.85 * len(sentence)
    )


def _described(lines: list[str]) -> Iterator[Described]:
    inside = False
    for number, line in enumerate(lines):
        sphinx = _SPHINX_ITEM.match(line)
        if sphinx:
            yield from _item(sphinx[2], sphinx[1] or "", sphinx[3])
        elif not line.startswith(" "):
            is_item = inside and _NUMPY_ITEM.match(line) and _indent(lines, number + 1) > 0
            if is_item:
                name, kind = line.split(":", 1)
                yield from _item(name, kind, _text_below(lines, number))
            elif not set(line.strip()) <= {"-", "="}:
                inside = bool(_SECTION.match(line))
        elif inside and 2 <= _indent(lines, number) <= 4:
            google = _GOOGLE_ITEM.match(line.strip())
            if google:
                text = google[3] or _text_below(lines, number)
                yield from _item(google[1], google[2] or "", text)


def _indent(lines: list[str], number: int) -> int:
    line = lines[number] if number < len(lines) else ""
    return len(line) - len(line.lstrip()) if line.strip() else 0


def _text_below(lines: list[str], number: int) -> str:
    """Lines indented more deeply than line `number`, three at most."""
    own, below = _indent(lines, number), []
    for following in range(number + 1, min(number + 4, len(lines))):
        if _indent(lines, following) <= own:
            break
        below.append(lines[following])
    return " ".join(below)


def _item(name: str, kind: str, text: str) -> Iterator[Described]:
    sentences = _SENTENCE.split(plain(text))
    name = name.strip()
    is_name = name.isidentifier() and name.lower() not in _NO_ARGUMENT
    if is_name and not name.endswith("Error") and sentences and _is_fit(sentences[0]):
        yield Described(name, plain(kind), sentences[0])
