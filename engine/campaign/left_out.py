"""What of the data takes no part in a campaign, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from tasks import Pool, Screened

_NAMED = 5
_HOW = {"exact": "the same", "shared text": "a text in common", "near": "nearly the same"}


def left_out_lines(screened: Screened) -> Iterator[str]:
    """A line for each way in which examples were left out; none where nothing was."""
    if screened.removed:
        reasons: Counter[str] = Counter()
        for counts in screened.reasons.values():
            reasons.update(counts)
        how = ", ".join(f"{_HOW[reason]}: {count:,}" for reason, count in reasons.items())
        yield (
            f"Left out {sum(screened.removed.values()):,} training examples of what a target is "
            f"judged on ({how}), in {_named(screened.removed)}."
        )
    rows = _bad_rows(screened.pool)
    if rows:
        yield (
            f"Left out {sum(rows.values()):,} rows without text or answer, in {_named(rows)}; "
            "their cards say so."
        )


def _bad_rows(pool: Pool) -> dict[str, int]:
    rows = {name: sum(task.left_out.values()) for name, task in pool.items()}
    return {name: count for name, count in rows.items() if count}


def _named(counts: Mapping[str, int]) -> str:
    """Tasks with their counts, the most first, and how many more there are."""
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    words = ", ".join(f"{name} ({count:,})" for name, count in most[:_NAMED])
    return words + (f" and {len(most) - _NAMED} more tasks" if len(most) > _NAMED else "")
