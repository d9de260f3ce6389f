"""`sextant tasks ...`: the commands and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

tasks_app = typer.Typer(help="The pool: list it, show a task, check it.", no_args_is_help=True)

PoolEntries = Annotated[
    list[str] | None,
    typer.Option(
        "--pool", metavar="POOL", help="A suite, cards, a folder of cards; default: pydocs."
    ),
]
DataFolder = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Where the cards' files lie; default: beside them."),
]
CampaignFile = Annotated[
    Path | None,
    typer.Option(
        "--campaign",
        metavar="CAMPAIGN.yaml",
        help="Take pool, data, targets, model and length from a campaign.",
    ),
]
Model = Annotated[
    str | None, typer.Option(help="Show or check what this model reads; a campaign's `model`.")
]
MaxLength = Annotated[
    int | None,
    typer.Option(min=8, help="Tokens a sequence; default: the campaign's, or 64 for --model."),
]


@tasks_app.command("list")
def list_tasks(
    pool: PoolEntries = None, data: DataFolder = None, campaign: CampaignFile = None
) -> None:
    """Every task: family, kind, sizes, metric, licence, source."""
    from engine.cli.chosen_pool import choose
    from engine.cli.tasks import print_tasks

    print_tasks(choose(pool, data=data, campaign=campaign))


@tasks_app.command("show")
def show_task(
    name: str,
    pool: PoolEntries = None,
    data: DataFolder = None,
    campaign: CampaignFile = None,
    model: Model = None,
    max_length: MaxLength = None,
    rows: Annotated[int, typer.Option(min=1, max=100, help="Examples to show.")] = 3,
) -> None:
    """One task, with examples as they are posed; with a model, as it reads them."""
    from engine.cli.chosen_pool import choose, reading
    from engine.cli.tasks import print_task

    chosen = choose(pool, data=data, campaign=campaign)
    print_task(name, reading(chosen, model, max_length), rows=rows)


@tasks_app.command("check")
def check_tasks(
    cards: Annotated[list[str] | None, typer.Argument(metavar="[CARDS]...")] = None,
    pool: PoolEntries = None,
    data: DataFolder = None,
    campaign: CampaignFile = None,
    target: Annotated[
        list[str] | None, typer.Option(help="What it is judged on may be in no other task.")
    ] = None,
    model: Model = None,
    max_length: MaxLength = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.md", help="Write the findings there.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 6 if anything is found.")
    ] = False,
) -> int:
    """Read cards and all their data; say what is wrong with it, with file and row."""
    from engine.cli.check import FOUND, check_pool_of
    from engine.cli.chosen_pool import choose, judged_on, reading

    if not (cards or pool or campaign):
        raise ValueError(
            "tasks check: nothing to check was given. Name card files or a folder of them"
            " (sextant tasks check cards.yaml), a suite (pydocs), or --campaign CAMPAIGN.yaml."
        )
    chosen = choose([*(cards or []), *(pool or [])], data=data, campaign=campaign)
    chosen = reading(judged_on(chosen, target or []), model, max_length)
    found = check_pool_of(chosen, out=out)
    return FOUND if strict and found else 0


@tasks_app.command("schema")
def print_schema() -> None:
    """The JSON schema of a card, for editors that complete and check YAML."""
    from engine.cli.tasks import print_card_schema

    print_card_schema()
