"""`sextant tasks list`, `show` and `schema`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from engine.cli.chosen_pool import ChosenPool
from engine.cli.console import open_console
from engine.cli.loading_bar import loading_bar
from engine.wording import counted
from tasks import Example, Pool, Task, card_schema

if TYPE_CHECKING:
    from engine.model.reader import SeenRow

_LONGEST_CELL = 40
_CUT = "red"


def print_tasks(chosen: ChosenPool) -> None:
    """A table of the pool."""
    with loading_bar() as on_task:
        pool = chosen.load(on_task)
    table = Table(box=None, pad_edge=False)
    for heading in ("task", "family", "kind", "answers"):
        table.add_column(heading)
    for heading in ("train", "valid.", "test", "left out"):
        table.add_column(heading, justify="right")
    for heading in ("metric", "licence", "source"):
        table.add_column(heading)
    for task in pool.values():
        table.add_row(*(escape(cell) for cell in _row(task)))
    console = open_console()
    console.print(table)
    count = sum(len(task.train) for task in pool.values())
    console.print(
        f"\n{counted(len(pool), 'task')}, {counted(count, 'training example')}", highlight=False
    )


def print_task(name: str, chosen: ChosenPool, *, rows: int) -> None:
    """What a task is, and its first training examples; with a model, its tokens."""
    chosen.check_reading()
    with loading_bar() as on_task:
        task = chosen.load(on_task)[name]
    chosen.check_answering(Pool([task]))
    console = open_console()
    _print_head(task, console)
    shown = task.train[:rows]
    for example in shown:
        console.print(escape(_posed(task, example)), "\n", highlight=False)
    if chosen.model is not None:
        _print_read(task, shown, chosen, console)


def print_card_schema() -> None:
    """The JSON schema of a card; a plain stream, for it is to be kept in a file."""
    print(json.dumps(card_schema(), indent=2))  # noqa: T201


def _row(task: Task) -> tuple[str, ...]:
    answers = {"labels": str(len(task.labels)), "options": "own", "score": "number"}
    name = f"{task.name} (decoy)" if task.decoy else task.name
    sizes = (f"{len(split):,}" for split in (task.train, task.validation, task.test))
    left_out = f"{sum(task.left_out.values()):,}" if task.left_out else ""
    words = (_short(task.licence), _short(task.source))
    kind = (task.kind, answers.get(task.kind, "written"))
    return (name, task.family, *kind, *sizes, left_out, task.metric, *words)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"


def _print_head(task: Task, console: Console) -> None:
    console.print(f"[bold]{escape(task.name)}[/bold]  {escape(task.description)}")
    facts = {
        "kind": task.kind,
        "labels": ", ".join(task.labels),
        "metric": task.metric,
        "source": task.source,
        "licence": task.licence,
        "sizes": f"{len(task.train):,} train, {len(task.validation):,} validation, "
        f"{len(task.test):,} test",
        "left out": ", ".join(f"{count:,} of {split}" for split, count in task.left_out.items()),
    }
    for key, value in facts.items():
        if value:
            console.print(f"[dim]{key:8}[/dim] {escape(value)}", highlight=False)
    console.print()


def _posed(task: Task, example: Example) -> str:
    lines = [f"text    {example.text}"]
    lines += [f"pair    {example.pair}"] if example.pair else []
    lines += [f"option  {option}" for option in example.options]
    return "\n".join([*lines, f"answer  {_answer(task, example)}"])


def _answer(task: Task, example: Example) -> str:
    match task.kind:
        case "score":
            return f"{example.label:g}"
        case "text":
            return example.answer
        case "labels":
            return task.labels[int(example.label)]
        case "options":
            return example.options[int(example.label)]


def _print_read(
    task: Task, examples: Sequence[Example], chosen: ChosenPool, console: Console
) -> None:
    """What the model reads, token by token; what does not fit is struck through."""
    from engine.model.reader import seen_rows  # brings in transformers

    assert chosen.model is not None
    rows = seen_rows(task, examples, model=chosen.model, max_length=chosen.max_length)
    heading = Text(f"As {chosen.model} reads it, {chosen.max_length} tokens a row", style="dim")
    if any(row.num_kept < len(row.tokens) for row in rows):
        heading.append("; ").append("[-cut-]", style=_CUT)
    console.print(heading)
    for row in rows:
        console.print()
        console.print(_marked(row))


def _marked(row: SeenRow) -> Text:
    """A row's tokens; those that are cut stand in [-brackets-], for colours get lost in a pipe."""
    cut = len(row.tokens) - row.num_kept
    count = f"{row.num_kept} of {len(row.tokens)} tokens: " if cut else f"{row.num_kept} tokens: "
    line = Text(count, style="dim")
    for kept, run in groupby(row.tokens, key=lambda token: token[1]):
        words = " ".join(token for token, _ in run)
        line.append(f"{words} " if kept else f"[-{words}-] ", style="default" if kept else _CUT)
    return line
