"""`sextant compare`: policies side by side on real training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from engine.campaign.campaign_file import Checked, check_campaign, read_campaign
from engine.campaign.named_policies import named_policies
from engine.campaign.ray_job import check_out_folder
from engine.cli.comparing_bar import comparing_bar
from engine.cli.console import open_console
from engine.cli.loading_bar import loading_bar
from engine.cli.run import end_on_signals
from engine.comparing.comparison import Comparison, baselines_with
from engine.wording import printable, seconds_text, tokens_text
from tasks import InputError, nearest

if TYPE_CHECKING:
    from engine.comparing.summary import Summary


def compare_file(
    path: Path,
    out: Path,
    settings: Sequence[str],
    policies: str,
    *,
    targets: tuple[str, ...] | None,
    seeds: tuple[int, ...],
) -> None:
    """Run or go on with a comparison in `out`; write and print what it says.

    Raises:
        InputError, PluginError: Before anything trains, for whatever was named wrongly.
    """
    end_on_signals()
    check_out_folder(out)
    named = named_policies(policies)
    checked = _checked(path, settings, targets)
    comparison = Comparison(
        campaign=next(iter(checked.values())).campaign,
        policies=named,
        targets=tuple(checked),
        seeds=seeds,
        baselines=baselines_with(named),
        path=out.resolve(),
    )
    # Only now, so that a mistake is answered before torch and transformers are loaded.
    from engine.comparing.manifest import begun
    from engine.comparing.running import run_comparison

    comparison = begun(comparison)
    with comparing_bar(len(named) * len(checked) * len(seeds)) as watching:
        run_comparison(comparison, checked, watching)
    _conclude(comparison)


def _checked(
    path: Path, settings: Sequence[str], targets: tuple[str, ...] | None
) -> dict[str, Checked]:
    """The campaign on each target, every name looked up."""
    campaign, document = read_campaign(path, settings)
    with loading_bar() as on_task:
        first = check_campaign(campaign, document, on_task)
        names = tuple(campaign.targets) if targets is None else targets
        _check_targets(names, first)
        return {
            name: first
            if campaign.target == name
            else check_campaign(replace(campaign, target=name), document, on_task)
            for name in names
        }


def _check_targets(names: tuple[str, ...], checked: Checked) -> None:
    problems = [
        f"--targets: no task {name!r} in the pool. {nearest(name, checked.pool)}"
        for name in names
        if name not in checked.pool
    ]
    problems += [f"--targets: {name!r} is named twice." for name in _twice(names)]
    if problems or not names:
        raise InputError(problems or ["--targets: names no task."])


def _twice(names: tuple[str, ...]) -> list[str]:
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def _conclude(comparison: Comparison) -> None:
    """Read every ledger, write the files, print the tables."""
    from engine.comparing.judged_arm import judged_arms
    from engine.comparing.pictures import draw_pictures
    from engine.comparing.summary import summarised
    from engine.comparing.writing import write_results

    arms = judged_arms(comparison)
    summary = summarised(arms)
    written = write_results(arms, summary, _told(comparison), comparison.path)
    _print(summary, [*written, *draw_pictures(summary, comparison.path)])


def _told(comparison: Comparison) -> Mapping[str, str]:
    """What was compared and what it cost."""
    from engine.comparing.spending import spent

    spending, campaign = spent(comparison), comparison.campaign
    return {
        "campaign": f"{campaign.name}, model {Path(campaign.model).name}",
        "policies": ", ".join(one.name for one in comparison.policies),
        "targets": ", ".join(comparison.targets),
        "seeds": ", ".join(map(str, comparison.seeds)),
        "budget": f"{tokens_text(campaign.budget_tokens)} training tokens for each campaign",
        "charged": f"{tokens_text(spending.charged)} tokens, each campaign as if it were alone",
        "computed": f"{tokens_text(spending.computed)} of them, for equal work is done once;"
        f" {seconds_text(spending.seconds)} of a worker",
    }


def _print(summary: Summary, written: Sequence[Path]) -> None:
    from engine.comparing.tables import BY_TARGET, OVERALL, overall_rows, target_rows

    _print_table("over all targets and seeds", OVERALL, overall_rows(summary))
    for target in summary.targets:
        _print_table(printable(target), BY_TARGET, target_rows(summary, target))
    for path in written:
        open_console().print(str(path), soft_wrap=True, markup=False, highlight=False)


def _print_table(title: str, headings: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    table = Table(title=escape(title), box=None, title_justify="left")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    for row in rows:
        table.add_row(*(escape(printable(cell)) for cell in row))
    open_console().print(table, highlight=False)
