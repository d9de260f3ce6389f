"""`sextant compare`: the command's options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

CampaignFile = Annotated[Path, typer.Argument(metavar="CAMPAIGN.yaml", show_default=False)]
Policies = Annotated[
    str,
    typer.Option(metavar="A,B:option=value", help="Policies with options.", show_default=False),
]
OutFolder = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="For all campaigns.", show_default=False)
]
Targets = Annotated[
    str | None,
    typer.Option(metavar="A,B", help="Each gets campaigns of its own; default: the campaign's."),
]
Seeds = Annotated[
    str, typer.Option(metavar="N|A,B", help="How many seeds, from 0 on; or which, with commas.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a key, e.g. rounds.count=2; may be given several times.",
    ),
]
DataFolder = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="The folder in which the cards' files lie."),
]

_MOST = 2**32
"""Seeds are below this."""


def compare(
    campaign: CampaignFile,
    policies: Policies,
    out: OutFolder,
    targets: Targets = None,
    seeds: Seeds = "3",
    settings: Settings = None,
    data: DataFolder = None,
) -> None:
    """Policies on real training at equal cost, with intervals; goes on where it was ended."""
    from engine.cli.compare import compare_file

    # As a setting: relative to where the command was given, and not to the campaign file.
    place = [] if data is None else [f"data={json.dumps(str(data.resolve()))}"]
    named = None if targets is None else tuple(_listed(targets))
    compare_file(
        campaign, out, [*(settings or []), *place], policies, targets=named, seeds=seeds_of(seeds)
    )


def seeds_of(text: str) -> tuple[int, ...]:
    """The seeds that an option means: "3" is 0, 1, 2; "3," is 3 alone.

    Raises:
        ValueError: It names none, one twice, or something else than whole numbers.
    """
    found = _listed(text)
    if not found or not all(one.isdecimal() and int(one) < _MOST for one in found):
        raise ValueError(
            f"--seeds: expected how many (3), or which (0,1,2; one alone: 7,), got {text!r}."
        )
    numbers = [int(one) for one in found]
    if "," not in text:
        numbers = list(range(numbers[0]))
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(f"--seeds: needs one or more, each once, got {text!r}.")
    return tuple(numbers)


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]
