"""`sextant evidence list`, `merge` and `export`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from engine.cli.console import open_console
from engine.evidence.store import CampaignEvidence, Evidence, read_evidence
from engine.wording import counted, gain_text, printable
from tasks import InputError, nearest

PARQUET = ".parquet"


def print_evidence(folder: Path) -> None:
    """A table of a store: a line for each campaign and target."""
    evidence = _read(folder)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("campaign", "date", "target", "model"):
        table.add_column(heading)
    for heading in ("branches", "mean gain", "best gain"):
        table.add_column(heading, justify="right")
    for campaign in evidence.campaigns:
        for row in _rows(campaign):
            table.add_row(*(escape(printable(cell)) for cell in row))
    console = open_console()
    console.print(table, highlight=False)
    console.print(f"\n{_summary(evidence)}", highlight=False)


def merge_stores(folder: Path, source: Path) -> None:
    """Add to a store, which is made where missing, what it lacks of another, and say what."""
    from engine.evidence.merging import merge

    _refuse_missing(source, "--from: ")
    if folder.resolve() == source.resolve():
        raise InputError([f"--from: '{source}' is the store itself; name another one."])
    merged = merge(folder, source)
    open_console().print(
        f"{counted(merged.campaigns, 'campaign')} read: {_branches(merged.new)} added,"
        f" {merged.known:,} there already",
        highlight=False,
    )


def export_store(folder: Path, out: Path) -> None:
    """Write a store as a table, and say where."""
    from engine.evidence.export import export  # brings in Arrow

    if out.suffix != PARQUET:
        raise InputError([f"--out: '{out}': expected a file ending in {PARQUET}."])
    if not out.absolute().parent.is_dir():
        raise InputError([f"--out: folder '{out.absolute().parent}' does not exist."])
    rows = export(_read(folder), out)
    open_console().print(
        f"{out} ({counted(rows, 'row')})", soft_wrap=True, markup=False, highlight=False
    )


def _read(folder: Path) -> Evidence:
    _refuse_missing(folder, "")
    return read_evidence(folder)


def _refuse_missing(folder: Path, option: str) -> None:
    if folder.is_dir():
        return
    beside = folder.absolute().parent
    folders = [one.name for one in beside.iterdir() if one.is_dir()] if beside.is_dir() else []
    raise InputError(
        [
            f"{option}'{folder}' is no folder; name the one that campaigns call `evidence`."
            f" {nearest(folder.name, sorted(folders))}".rstrip()
        ]
    )


def _rows(campaign: CampaignEvidence) -> Iterator[tuple[str, ...]]:
    opened = campaign.opened
    targets = {target for branch in campaign.branches.values() for target in branch.gains}
    for target in sorted(targets):
        gains = [one.gains[target] for one in campaign.branches.values() if target in one.gains]
        best = max(gains, key=lambda one: one.gain)
        yield (
            opened.campaign,
            opened.time_utc[:10],
            campaign.tasks[target].name,
            opened.model,
            str(len(gains)),
            f"{sum(one.gain for one in gains) / len(gains):+.4f}",
            gain_text(best.gain, best.se),
        )


def _summary(evidence: Evidence) -> str:
    branches = [one for campaign in evidence.campaigns for one in campaign.branches.values()]
    targets = {target for branch in branches for target in branch.gains}
    tried = {task for branch in branches for task in branch.mixture}
    return (
        f"{counted(len(evidence.campaigns), 'campaign')},"
        f" {_branches(len(branches))}:"
        f" {counted(len(targets), 'target')}, {counted(len(tried), 'task')} tried"
    )


def _branches(number: int) -> str:
    return f"{number:,} branch{'es' * (number != 1)}"
