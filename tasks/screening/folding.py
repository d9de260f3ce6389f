"""Texts as they are compared: what differs in writing only becomes equal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from tasks.example import Example

_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
# Treebank files write brackets as -lrb- and -rrb-: punctuation, though made of letters.
_TREEBANK_BRACKET = re.compile(r"-[lr][rsc]b-")
# A colon, too: templates put "Review: " and the like before a text.
_SENTENCE_END = re.compile(r"[.!?:]+\s|[\u3002\uff01\uff1f\uff1a\n]+")

Parts = tuple[str, ...]
"""The folded texts of an example."""


def folded(text: str) -> str:
    """Letters and digits in lower case after Unicode NFKC, all else one space.

    A text without letters or digits (an emoji, "?!") stays as it is written.
    """
    plain = (text if text.isascii() else unicodedata.normalize("NFKC", text)).lower()
    if "rb-" in plain:
        plain = _TREEBANK_BRACKET.sub(" ", plain)
    return _NOT_ALPHANUMERIC.sub(" ", plain).strip() or plain.strip()


def letters(text: str) -> str:
    """A folded text without its spaces: "isn't", "is n't" and "isnt" are one."""
    return text.replace(" ", "")


def in_order(example: Example) -> Parts:
    """Text, pair and options, folded: what tells the examples of one task apart.

    Options belong to the text, in any order: many tasks ask one question of every row.
    """
    options = sorted(map(folded, example.options)) if example.options else ()
    return (folded(example.text), folded(example.pair) if example.pair else "", *options)


def in_any_order(parts: Parts) -> Parts:
    """The parts that are not empty, sorted: two tasks may pose one row in different places."""
    return tuple(sorted(filter(None, parts)))


def longest(parts: Parts) -> str:
    """The part with the most letters and digits, as letters: what identifies an example best."""
    return max(map(letters, parts), key=lambda part: (part[:1].isalnum(), len(part)))


def passages(example: Example, parts: Parts, *, fewest: int) -> Iterator[str]:
    """Each text of an example and each of its sentences as letters, those of at least `fewest`."""
    for part in parts:
        whole = letters(part)
        if len(whole) >= fewest:
            yield whole
    for text in (example.text, example.pair, *example.options):
        if len(text) > fewest and _SENTENCE_END.search(text):
            for piece in _SENTENCE_END.split(text):
                sentence = letters(folded(piece)) if len(piece) >= fewest else ""
                if len(sentence) >= fewest:
                    yield sentence
