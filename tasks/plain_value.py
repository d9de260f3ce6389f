"""One text for all the ways to write a whole number or a truth value."""

from __future__ import annotations

import re

TRUTHS = ("false", "true")
WHOLE = re.compile(r"([-+]?)(0|[1-9][0-9]{0,39})(\.0*)?")


def plain(text: str) -> str:
    """The shortest way to write a whole number or a truth value; any other text as it is."""
    if found := WHOLE.fullmatch(text):
        return ("-" if found[1] == "-" and found[2] != "0" else "") + found[2]
    return text.lower() if text.lower() in TRUTHS else text
