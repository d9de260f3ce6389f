"""The commands and their options. Each imports its work when it is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.compare_command import compare
from engine.cli.evidence_commands import evidence_app
from engine.cli.failures import TerminatedError, exit_code_of
from engine.cli.replay_command import replay
from engine.cli.tasks_commands import DataFolder, tasks_app
from engine.signals.sources import CHEAP, IN_ONE_ROUND

app = typer.Typer(
    name="sextant",
    help="Choose which auxiliary tasks to train on, and how much of each, for a target task.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
policies_app = typer.Typer(
    help="Policies: list them, show one, check a plug-in.", no_args_is_help=True
)
app.add_typer(tasks_app, name="tasks")
app.add_typer(policies_app, name="policies")
app.add_typer(evidence_app, name="evidence")

CampaignFile = Annotated[Path, typer.Argument(metavar="CAMPAIGN.yaml", show_default=False)]
OutFolder = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="The run's folder.", show_default=False)
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a key, e.g. rounds.count=2; may be given several times.",
    ),
]

_MEASURABLE = (
    f"Which to take, of {', '.join(sorted(IN_ONE_ROUND))}; default: all but"
    f" {', '.join(sorted(IN_ONE_ROUND - CHEAP))}."
)


@app.callback()
def _every_command(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    pass  # read by run_command, before typer sees the arguments


@app.command()
def run(
    campaign: CampaignFile,
    out: OutFolder,
    settings: Settings = None,
    data: DataFolder = None,
    accept_new_policy: Annotated[
        bool,
        typer.Option(
            "--accept-new-policy",
            help="Resume although the policy would now decide otherwise.",
        ),
    ] = False,
) -> None:
    """Run or resume a campaign, with live progress."""
    from engine.cli.run import run_file

    accepted = frozenset({"new-policy"} if accept_new_policy else set())
    run_file(campaign, out, [*(settings or []), *_data_setting(data)], accepted)


@app.command()
def measure(
    campaign: CampaignFile,
    out: OutFolder,
    settings: Settings = None,
    data: DataFolder = None,
    signals: Annotated[
        str | None, typer.Option(metavar="A,B", help=_MEASURABLE, show_default=False)
    ] = None,
) -> None:
    """Signals only: affinity, alignment and more, as parquet, pictures and a table with reasons."""
    from engine.cli.measure import measure_file

    measure_file(campaign, out, [*(settings or []), *_data_setting(data)], signals)


app.command()(compare)
app.command()(replay)


@app.command()
def report(folder: Annotated[Path, typer.Argument(metavar="DIR", show_default=False)]) -> None:
    """Write report.html from a run's ledger, finished or not."""
    from engine.cli.report import report_folder

    report_folder(folder)


@policies_app.command("list")
def list_policies() -> None:
    """Every installed policy, in one line each."""
    from engine.cli.policies import print_policies

    print_policies()


@policies_app.command("show")
def show_policy(name: str) -> None:
    """A policy's purpose and its options."""
    from engine.cli.policies import print_policy

    print_policy(name)


@policies_app.command("check")
def check_policy(
    name: Annotated[str, typer.Argument(metavar="NAME|MODULE:CLASS", show_default=False)],
) -> None:
    """Run the contract's checks on a policy."""
    from engine.cli.policies import run_checks

    run_checks(name)


def _data_setting(data: Path | None) -> list[str]:
    # As a setting: relative to where the command was given, and not to the campaign file.
    return [] if data is None else [f"data={json.dumps(str(data.resolve()))}"]


def run_command(arguments: list[str]) -> int:
    """Parse and run; every failure that a user can cause is one message on stderr."""
    debug = "--debug" in arguments
    left = [argument for argument in arguments if argument != "--debug"]
    try:
        code = app(left, standalone_mode=False, prog_name="sextant")
        return code if isinstance(code, int) else 0
    except (Exception, KeyboardInterrupt, TerminatedError) as error:
        if debug:
            raise
        return exit_code_of(error)
