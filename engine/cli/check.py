"""`sextant tasks check`: read cards and all their data, and say what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.cli.chosen_pool import ChosenPool
from engine.cli.console import open_console
from engine.cli.loading_bar import checking_line, loading_bar
from tasks import (
    UNSEEN,
    Finding,
    InputError,
    Pool,
    check_pool,
    findings_lines,
    findings_markdown,
    findings_summary,
)

FOUND = 6
"""Exit code for `--strict` when there are findings."""

_COLOURS = {"removed": "red", "warning": "yellow"}
_WRITTEN = (".md", ".jsonl")


def check_pool_of(chosen: ChosenPool, *, out: Path | None) -> int:
    """Check a pool's data to the last row, print what was found, and write it where `out` says.

    Returns:
        How many findings there are.

    Raises:
        InputError: If a card or its data cannot be read; a model cannot read or answer them; or
            `out` can't be written.
    """
    _refuse_unwritable(out)
    chosen.check_reading()
    with loading_bar() as on_task:
        pool = chosen.load(on_task)
    chosen.check_answering(pool)
    with checking_line(len(pool)):
        findings = _findings(pool, chosen)
    console = open_console()
    for task in pool.values():
        sizes = f"{len(task.train):,} train, {len(task.validation):,} validation, "
        line = f"{task.name}: {sizes}{len(task.test):,} test examples"
        console.print(f"[green]read[/green]  {escape(line)}", highlight=False)
    _print(findings, console)
    console.print(escape(findings_summary(findings, pool)), highlight=False)
    console.print(f"[dim]{escape(UNSEEN)}[/dim]", highlight=False)
    if out is not None:
        _write(out, findings, pool)
        console.print(str(out), soft_wrap=True, markup=False, highlight=False)
    return len(findings)


def _findings(pool: Pool, chosen: ChosenPool) -> tuple[Finding, ...]:
    if chosen.model is None:
        return check_pool(pool, chosen.targets)
    from engine.model.reader import token_counter  # brings in transformers

    return check_pool(
        pool,
        chosen.targets,
        num_tokens=token_counter(chosen.model),
        max_length=chosen.max_length,
    )


def _print(findings: Sequence[Finding], console: Console) -> None:
    if not findings:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("task", no_wrap=True)
    table.add_column("check", no_wrap=True)
    table.add_column("what")
    table.add_column("where", overflow="fold")
    for one in findings:
        check = f"[{_COLOURS[one.severity]}]{one.check}[/]"
        where = "\n".join(map(_from_here, one.places[:2])) + ("\n…" if one.places[2:] else "")
        table.add_row(escape(one.task), check, escape(one.message), escape(where))
    console.print()
    console.print(table, highlight=False)
    console.print()


def _from_here(place: str) -> str:
    return place.removeprefix(f"{Path.cwd()}/")


def _refuse_unwritable(out: Path | None) -> None:
    if out is None:
        return
    if out.suffix not in _WRITTEN:
        raise InputError([f"--out: '{out}': expected a file ending in {' or '.join(_WRITTEN)}."])
    if not out.absolute().parent.is_dir():
        raise InputError([f"--out: folder '{out.absolute().parent}' does not exist."])


def _write(out: Path, findings: Sequence[Finding], pool: Pool) -> None:
    lines = out.suffix == ".jsonl"
    text = findings_lines(findings) if lines else findings_markdown(findings, pool)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError([f"--out: '{out}' cannot be written: {error.strerror}."]) from error
