"""`sextant evidence ...`: the commands and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

evidence_app = typer.Typer(
    help="What earlier campaigns found out: list it, merge stores, export it.",
    no_args_is_help=True,
)

Store = Annotated[Path, typer.Argument(metavar="DIR", show_default=False)]


@evidence_app.command("list")
def list_evidence(folder: Store) -> None:
    """Every campaign of a store: when, for whom, how many branches, the best gain."""
    from engine.cli.evidence import print_evidence

    print_evidence(folder)


@evidence_app.command("merge")
def merge_evidence(
    folder: Store,
    source: Annotated[
        Path,
        typer.Option("--from", metavar="DIR2", help="The store to read.", show_default=False),
    ],
) -> None:
    """Add to a store what it lacks of another."""
    from engine.cli.evidence import merge_stores

    merge_stores(folder, source)


@evidence_app.command("export")
def export_evidence(
    folder: Store,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE.parquet", help="To write.", show_default=False)
    ],
) -> None:
    """Write a store as one table: a row for each branch, target and task of the mixture."""
    from engine.cli.evidence import export_store

    export_store(folder, out)
