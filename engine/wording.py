"""Numbers and mixtures as people read them: on the terminal, in events and in the report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping


def tokens_text(tokens: int) -> str:
    """Three significant digits and a unit, e.g. "1.23 M"."""
    for size, unit in ((10**12, " T"), (10**9, " G"), (10**6, " M"), (10**3, " k")):
        # Compared with what rounds up to the unit, so that 999,600 is "1 M" and not "1e+03 k".
        if abs(tokens) >= 0.9995 * size:
            return f"{tokens / size:.3g}{unit}"
    return str(tokens)


def seconds_text(seconds: float) -> str:
    """The two largest units, e.g. "3 min 05 s"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def gain_text(gain: float | None, se: float | None) -> str:
    """A signed gain with its standard error, to two significant digits of the error."""
    if gain is None:
        return "no gain"
    if se is None:
        return f"{gain:+.4f}"
    digits = decimals(se)
    return f"{gain:+.{digits}f} \u00b1 {se:.{digits}f}"


def decimals(error: float) -> int:
    """Decimal places that show two significant digits of `error`; from 1 to 6, 4 when it is 0."""
    if not error > 0 or not math.isfinite(error):
        return 4
    return min(6, max(1, 1 - math.floor(math.log10(error))))


def share_text(share: float) -> str:
    """A share in percent; never "0 %" when there is some."""
    return f"{100 * share:.0f} %" if share >= 0.01 else f"{100 * share:.1g} %"


def mixture_text(mixture: Mapping[str, float], *, most: int = 3) -> str:
    """The largest shares first, the rest counted; "the target alone" when empty."""
    ordered = sorted(mixture.items(), key=lambda item: (-item[1], item[0]))
    if not ordered:
        return "the target alone"
    shown = [f"{printable(task)} {share_text(share)}" for task, share in ordered[:most]]
    more = [f"{len(ordered) - most} more"] if len(ordered) > most else []
    return ", ".join(shown + more)


def start_text(advanced: Iterable[Mapping[str, float]]) -> str:
    """What a start learned from: the warm-up, and the mixtures of the branches that advanced."""
    mixtures = [mixture_text(mixture) for mixture in advanced if mixture]
    return ", then ".join(["all tasks in the warm-up", *mixtures])


def counted(number: int, what: str) -> str:
    """A number and what there is of it, e.g. "1 task", "1,200 tasks"."""
    return f"{number:,} {what}{'s' * (number != 1)}"


def printable(text: str) -> str:
    """One line of `text` that cannot steer a terminal: line ends to spaces, controls to "?"."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


def arm_text(arm: str) -> str:
    """The name of a contender as a reader meets it."""
    names = {"selected": "selected", "target-only": "target only", "all-tasks": "all tasks"}
    return names.get(arm, printable(arm))
