"""Letters by script, and characters that no text should hold."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache

_LETTER = re.compile(r"[a-zA-Z]")
_EAST_ASIAN = frozenset({"BOPOMOFO", "CJK", "HANGUL", "HIRAGANA", "KATAKANA"})

# Also C1: they come from a file in Windows-1252 that was read as Latin-1.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")
# UTF-8 read as Latin-1 or Windows-1252: two or three odd characters where one should be.
_MOJIBAKE = re.compile(
    "\u00c3[\u0080-\u00bf\u0192\u201a\u0153\u0161\u017e]|\u00e2\u20ac|\u00c2[\u00a0-\u00bf]"
)

ODDITIES = ("control characters", "replacement characters", "mojibake")


def main_script(text: str) -> str:
    """The script of most letters, as Unicode names it: "LATIN", "CYRILLIC"; "" without letters.

    Chinese, Japanese and Korean letters are "EAST ASIAN": one text mixes several of their scripts.
    """
    if text.isascii():
        return "LATIN" if _LETTER.search(text) else ""
    scripts: Counter[str] = Counter()
    for letter, count in Counter(text).items():
        scripts[_script(letter)] += count
    del scripts[""]
    return max(scripts, key=lambda script: (scripts[script], script)) if scripts else ""


def oddities(text: str) -> list[str]:
    """Which of `ODDITIES` a text holds."""
    found = [ODDITIES[0]] if _CONTROL.search(text) else []
    if not text.isascii():
        found += [ODDITIES[1]] if "\ufffd" in text else []
        found += [ODDITIES[2]] if _MOJIBAKE.search(text) else []
    return found


@cache
def _script(character: str) -> str:
    # Ornamental and wide forms of a letter are that letter.
    plain = unicodedata.normalize("NFKC", character)[0]
    if not plain.isalpha():
        return ""
    script = unicodedata.name(plain, "").partition(" ")[0]
    return "EAST ASIAN" if script in _EAST_ASIAN else script
