"""What a person probably meant by a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

NAME_PATTERN = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"
"""Of tasks, families and campaigns, for they become names of files."""
NAME_IN_WORDS = "text of letters, digits, '.', '_' and '-', at most 100, no '.' first"

_MOST = 5
_MEANS = {"dev": "validation", "val": "validation", "valid": "validation", "eval": "validation"}


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name, one sentence.

    Args:
        name: What was written.
        known: The names that exist, in any order.

    Returns:
        "Did you mean 'x'?" for one near name, "Nearest names: x, y." for several,
        "Known names: ..." when none is near, "" when there are none at all.
    """
    names = list(dict.fromkeys(known))
    near = near_names(name, names)
    if near or not names:
        return near
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"Known names: {', '.join(names[:_MOST])}{more}."


def near_names(name: str, known: Iterable[str]) -> str:
    """The same for a message that lists the known names itself: "" when none is near."""
    near = _close(name, known)
    if len(near) == 1:
        return f"Did you mean '{near[0]}'?"
    return f"Nearest names: {', '.join(near)}." if near else ""


def _close(name: str, names: Iterable[str]) -> list[str]:
    """Close names, best first; compared without case, for case is the likeliest slip."""
    by_folded: dict[str, str] = {}
    for known in names:
        by_folded.setdefault(known.casefold(), known)
    # Long texts are no slip of a name, and difflib is quadratic in their length.
    folded = name[:200].casefold()
    if (meant := _MEANS.get(folded)) in by_folded and folded not in by_folded:
        return [by_folded[meant]]
    matches = difflib.get_close_matches(folded, by_folded, n=3, cutoff=0.7)
    return [by_folded[match] for match in matches]
