"""`sextant replay`: policies side by side on recorded results."""

from __future__ import annotations

import dataclasses
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from engine.campaign.named_policies import NamedPolicy, named_policies
from engine.campaign.ray_job import check_out_folder
from engine.cli.console import open_console
from engine.replay.earlier import check_replay_folder
from engine.replay.opening import Opening, open_world
from engine.replay.random_search import NAME as RANDOM_SEARCH
from engine.replay.recorded import World
from engine.replay.replaying import OnCampaigns, Settings, replay_all
from engine.replay.summary import Line, summarised
from engine.replay.writing import interval_text, write_results
from engine.wording import printable
from tasks import InputError


def replay_table(
    path: Path,
    out: Path,
    policies: str,
    opening: Opening,
    settings: Settings,
    *,
    workers: int,
) -> None:
    """Replay the policies on the table of `path`; print the regrets, and write all in `out`."""
    # As Ctrl-C does: an exception, so that the workers are ended too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    check_out_folder(out)
    named = _with_random_search(policies)
    told = {"table": path.name, "policies": policies, **_told(opening), **_told(settings)}
    check_replay_folder(out, told)
    world = open_world(path, opening)
    folder = _opened(out)
    number = len(named) * len(world.targets) * len(settings.budgets) * settings.campaigns
    with _bar(number) as on_campaigns:
        rows = replay_all(world, named, settings, workers=workers, on_campaigns=on_campaigns)
    lines = summarised(rows)
    written = write_results(rows, lines, world, told, folder)
    # Only now: most of a second that a mistake should not have to wait for.
    from engine.replay.pictures import draw_pictures

    _print(lines, world, [*written, *draw_pictures(lines, world, folder)])


def _with_random_search(text: str) -> tuple[NamedPolicy, ...]:
    """It always takes part: without it nobody could tell what searching well is worth."""
    found = named_policies(text, own={RANDOM_SEARCH})
    if RANDOM_SEARCH in {one.name for one in found}:
        return found
    return (*found, NamedPolicy(name=RANDOM_SEARCH, policy=RANDOM_SEARCH))


def _told(options: Opening | Settings) -> dict[str, Any]:
    """Options by name, as they are given; those that were not given are left out."""
    values = {field.name: getattr(options, field.name) for field in dataclasses.fields(options)}
    told = {name: _as_given(one) for name, one in values.items()}
    return {name: one for name, one in told.items() if one not in (None, ())}


def _as_given(value: object) -> object:
    if isinstance(value, bool):  # whether the past is known: of the table, or not at all
        return "table" if value else "none"
    return str(value) if isinstance(value, Path) else value


def _opened(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError([f"--out: '{out}' cannot be a folder: {error.strerror}."]) from error
    return out


@contextmanager
def _bar(number: int) -> Iterator[OnCampaigns | None]:
    """Progress on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("campaigns"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        bar = progress.add_task("campaigns", total=number)
        yield lambda more: progress.advance(bar, more)


def _print(lines: Sequence[Line], world: World, written: Sequence[Path]) -> None:
    console = open_console()
    regrets = [line for line in lines if line.measure == "regret"]
    budgets = sorted({line.budget for line in regrets})
    table = Table(title=f"regret, {world.regret_unit}, by probes", box=None, title_justify="left")
    table.add_column("policy")
    for budget in budgets:
        table.add_column(str(budget), justify="right")
    for policy in dict.fromkeys(line.policy for line in regrets):
        found = {line.budget: line.value for line in regrets if line.policy == policy}
        texts = [interval_text(found[budget], world.regret_factor) for budget in budgets]
        table.add_row(escape(printable(policy)), *map(escape, texts))
    console.print(table, highlight=False)
    for sentence in world.assumptions:
        console.print(f"[dim]{escape(sentence)}[/dim]", highlight=False)
    for path in written:
        console.print(str(path), soft_wrap=True, markup=False, highlight=False)
