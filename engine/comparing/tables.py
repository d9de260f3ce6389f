"""A comparison's tables in words: cells for the terminal and the page alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.comparing.intervals import Estimate
from engine.comparing.judged_arm import TUNED
from engine.comparing.summary import ArmLine, Difference, Summary
from engine.wording import decimals, share_text, tokens_text

Cells = tuple[str, ...]

OVERALL = ("arm", "mean rank", f"gain over {TUNED}, nats", "better / even / worse")
BY_TARGET = (
    *("arm", "test loss", "metric", f"gain over {TUNED}, nats", "metric gain"),
    *("better / even / worse", "decoys", "tokens"),
)

HOW_TO_READ = (
    "A gain is the mean difference of calibrated test losses, nats per example, arm and baseline on"
    " the same examples; above zero is better. In brackets the 95 % interval, over seeds and"
    " examples; it says nothing of other targets, models or budgets.",
    "Better, even, worse: pairings of target and seed in which the 95 % interval over the test"
    " examples alone lies above, across or below zero. Another seed can turn one around; where"
    " nothing differs, one in twenty is not called even.",
    f"Policies are compared by the mixture that each chose, trained to its end. {TUNED}: the base"
    " model on the target alone with the best learning rate of the grid, as early stopping on the"
    " gate split ends it. Every arm was allowed the same tokens in all; one that used fewer stopped"
    " by itself, or its policy asked for less.",
    "Decoys: the share of the chosen mixture that went to tasks whose labels say nothing.",
)


def overall_rows(summary: Summary) -> list[Cells]:
    """As `OVERALL`, best rank first."""
    return [
        (line.name, f"{line.rank:.2f}", *_difference(line.over_tuned))
        for line in sorted(summary.overall, key=lambda line: line.rank)
    ]


def target_rows(summary: Summary, target: str) -> list[Cells]:
    """As `BY_TARGET`."""
    return [_arm_row(line) for line in summary.arms if line.target == target]


def markdown(summary: Summary, told: Mapping[str, str]) -> str:
    """The whole result as a page."""
    parts = ["# Policies compared", "", *(f"- {key}: {words}" for key, words in told.items())]
    parts += ["", "## Over all targets and seeds", "", *_table(OVERALL, overall_rows(summary))]
    for target, decoys in summary.pool_decoy_share.items():
        parts += ["", f"## {target}", ""]
        if decoys:
            parts += [f"Decoys are {share_text(decoys)} of the candidates.", ""]
        parts += _table(BY_TARGET, target_rows(summary, target))
    parts += ["", "## One against another", "", *_against(summary)]
    return "\n".join([*parts, "", "## How to read this", "", *_notes()]) + "\n"


def interval_text(found: Estimate) -> str:
    """E.g. "+0.013 [+0.002, +0.024]": two significant digits of the interval's half."""
    digits = decimals((found.high - found.low) / 2)
    return f"{found.mean:+.{digits}f} [{found.low:+.{digits}f}, {found.high:+.{digits}f}]"


def _arm_row(line: ArmLine) -> Cells:
    gain, tally = _difference(line.over_tuned)
    return (
        line.name,
        f"{line.loss:.4f}",
        f"{line.metric:.3f}",
        gain,
        "" if line.over_tuned is None else f"{line.over_tuned.metric:+.3f}",
        tally,
        "" if line.decoy_share is None else share_text(line.decoy_share),
        tokens_text(round(line.cost)),
    )


def _difference(found: Difference | None) -> tuple[str, str]:
    return ("", "") if found is None else (interval_text(found.gain), str(found.tally))


def _against(summary: Summary) -> Iterator[str]:
    """Rows against columns: better / even / worse, over all pairings."""
    names = list(dict.fromkeys(one for one, _ in summary.against))
    rows = [(one, *(_tally(summary, one, other) for other in names)) for one in names]
    yield from _table(("better / even / worse than", *names), rows)


def _tally(summary: Summary, one: str, other: str) -> str:
    return "" if one == other else str(summary.against[one, other].tally)


def _table(headings: Sequence[str], rows: Sequence[Cells]) -> Iterator[str]:
    yield _line(headings)
    yield "|---" + "|---:" * (len(headings) - 1) + "|"
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _notes() -> Iterator[str]:
    return (f"- {note}" for note in HOW_TO_READ)
