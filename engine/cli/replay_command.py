"""`sextant replay`: the command's options."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Control(StrEnum):
    """Of a table of pairs: what a probe's score is compared with."""

    seed = "seed"
    mean = "mean"


class Past(StrEnum):
    """Of a table of pairs: what a policy knows of other targets."""

    table = "table"
    none = "none"


class Answered(StrEnum):
    """Of a table of mixtures: how one that nobody ran is answered."""

    nearest = "nearest"
    surrogate = "surrogate"


TablePath = Annotated[Path, typer.Argument(metavar="TABLE.parquet", show_default=False)]
Policies = Annotated[
    str,
    typer.Option(
        metavar="A,B:option=value",
        help="Policies with options; differences are from the first.",
        show_default=False,
    ),
]
OutFolder = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="For tables and pictures.", show_default=False)
]
Campaigns = Annotated[int, typer.Option(min=1, help="Repetitions for each target and budget.")]
Budgets = Annotated[str, typer.Option(metavar="B,B", help="Probes that a campaign can pay for.")]
Targets = Annotated[
    str | None, typer.Option(metavar="A,B", help="Only these targets; default: all.")
]
Setup = Annotated[str | None, typer.Option(help="Rows to take, where column `setup` has several.")]
Signals = Annotated[
    Path | None, typer.Option(metavar="FILE.parquet", help="Scores known before any probe.")
]
Sets = Annotated[
    Path | None, typer.Option(metavar="FILE.parquet", help="Results of several sources together.")
]
Pick = Annotated[str, typer.Option(metavar="N|any", help="Sources in the final mixture.")]
ProbeSize = Annotated[str, typer.Option(metavar="N|any", help="Sources in each probe.")]
Proposals = Annotated[int, typer.Option(min=1, help="Most that a round tests side by side.")]
ControlOf = Annotated[Control, typer.Option(help="A probe's control: its seed's, or the mean.")]
PastOf = Annotated[Past, typer.Option(help="Whether other targets' results are known.")]
Answer = Annotated[Answered, typer.Option(help="Of mixtures: nearest run, or a fitted surrogate.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes.")]


def replay(
    table: TablePath,
    policies: Policies,
    out: OutFolder,
    campaigns: Campaigns = 20,
    budgets: Budgets = "0,5,10,21,42",
    targets: Targets = None,
    setup: Setup = None,
    signals: Signals = None,
    sets: Sets = None,
    pick: Pick = "5",
    probe_size: ProbeSize = "1",
    proposals: Proposals = 1,
    control: ControlOf = Control.seed,
    past: PastOf = Past.table,
    answer: Answer = Answered.nearest,
    workers: Workers = 1,
) -> None:
    """Try policies on recorded results: no model, no training."""
    from engine.cli.replay import replay_table
    from engine.replay.opening import Opening
    from engine.replay.replaying import Settings

    opening = Opening(
        setup=setup,
        signals=signals,
        sets=sets,
        targets=tuple(one.strip() for one in (targets or "").split(",") if one.strip()),
        control=control.value,
        past=past is Past.table,
        probe_size=_size("--probe-size", probe_size),
        pick=_size("--pick", pick),
        answer=answer.value,
    )
    numbers = tuple(sorted({_number("--budgets", one, 0) for one in budgets.split(",")}))
    settings = Settings(budgets=numbers, campaigns=campaigns, proposals=proposals)
    replay_table(table, out, policies, opening, settings, workers=workers)


def _size(option: str, text: str) -> int | None:
    return None if text == "any" else _number(option, text, 1)


def _number(option: str, text: str, least: int) -> int:
    if not text.strip().isdecimal() or int(text) < least:
        raise ValueError(f"{option}: expected a whole number of {least} or more, got {text!r}.")
    return int(text)
