"""Names and values as they may be pasted from a message into a card."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable

from tasks.problems import quoted

_LONGEST_SHOWN = 100
_PLAIN_NAME = re.compile(r"(?!(true|false|null)$)[A-Za-z_]([A-Za-z0-9_ -]*[A-Za-z0-9_])?")
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,39}")


def pasted(name: str) -> str:
    """A text that YAML reads as this very text."""
    if len(name) > _LONGEST_SHOWN:
        return quoted(name)
    # An accent that is stored apart from its letter would look like one that is not.
    is_odd = not unicodedata.is_normalized("NFC", name)
    return name if _PLAIN_NAME.fullmatch(name) else json.dumps(name, ensure_ascii=is_odd)


def pasted_list(names: Iterable[str]) -> str:
    """Label names as a line of a card."""
    return f"`labels: [{', '.join(map(pasted, names))}]`"


def pasted_mapping(pairs: Iterable[tuple[str, str]]) -> str:
    """From values of a column to names; the name "..." is left for the user to fill in."""
    entries = (f"{pasted_value(value)}: {_name(name)}" for value, name in pairs)
    return f"`labels: {{{', '.join(entries)}}}`"


def pasted_value(value: str) -> str:
    """The key of a mapping, where a whole number may stand as one."""
    return value if _WHOLE.fullmatch(value) else pasted(value)


def _name(name: str) -> str:
    return name if name == "..." else pasted(name)
