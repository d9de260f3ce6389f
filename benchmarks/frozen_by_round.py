"""How much decoys would hold of the final mixture, had a campaign stopped after each of its rounds?

Reads run folders, whose campaigns need not be finished, and asks each one's policy anew what it
would freeze after one closed round, after two, and so on. Nothing is trained or written. It prints
the decoys' share of each of these mixtures, and the mean over the folders, and draws it.

    python benchmarks/frozen_by_round.py runs/a runs/b --picture decoys.png
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from engine.campaign.campaign_file import check_campaign, read_campaign
from engine.campaign.plugins import load_policy
from engine.campaign.policy_process import Question
from engine.campaign.proposing import choose
from engine.campaign.run import Run
from engine.campaign.run_folder import RunFolder
from engine.campaign.spec import PolicyChoice
from engine.ledger.ledger import MemoryLedger, read_ledger
from engine.ledger.records import Closed
from engine.ledger.state import fold
from engine.report.drawing import COLOURS, GREY, STYLE, WIDTH
from engine.training.executor import Setting
from engine.training.local import LocalExecutor
from policies import Proposal, check_proposals


def decoy_shares(folder: Path) -> list[float]:
    """After each closed round; of the target alone it is 0."""
    run = _run(folder)
    decoys = {name for name, task in run.pool.items() if task.decoy}
    records = read_ledger(run.folder.ledger)
    until = [at + 1 for at, record in enumerate(records) if isinstance(record, Closed)]
    frozen = [choose(run, fold(records[:end])).mixture for end in until]
    return [sum(share for name, share in one.items() if name in decoys) for one in frozen]


def _run(folder: Path) -> Run:
    """As a campaign that was opened, but for its executor, which gets nothing to do."""
    checked = check_campaign(*read_campaign(folder / "campaign.yaml"))
    return Run(
        campaign=checked.campaign,
        pool=checked.pool,
        roster=checked.roster,
        signals=checked.policy.needs,
        folder=RunFolder(folder),
        append=MemoryLedger().append,
        executor=LocalExecutor(Setting(campaign=checked.campaign, folder=folder.absolute())),
        report=lambda event: None,
        ask=_answers,
    )


def _answers(choice: PolicyChoice, questions: Sequence[Question]) -> list[tuple[Proposal, ...]]:
    """In this process: starting one for each round takes far longer than the answers."""
    policy = load_policy(choice.name, choice.options)
    return [
        check_proposals(policy.propose(one.view, np.random.default_rng(one.seed)), one.view)
        for one in questions
    ]


def lines(found: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A table in Markdown; the mean is over the folders that got so far."""
    most = max(map(len, found.values()))
    yield "| campaign | " + " | ".join(f"round {number + 1}" for number in range(most)) + " |"
    yield "|---|" + "---:|" * most
    for name, shares in found.items():
        yield f"| {name} | " + " | ".join(f"{share:.0%}" for share in shares) + " |"
    means = [
        np.mean([s[number] for s in found.values() if len(s) > number]) for number in range(most)
    ]
    yield "| mean | " + " | ".join(f"{mean:.0%}" for mean in means) + " |"


def draw(found: Mapping[str, Sequence[float]], path: Path) -> None:
    """A line for each campaign, those that never held any together at 0."""
    with matplotlib.rc_context({**STYLE, "axes.grid.axis": "y"}):
        figure = Figure(figsize=(WIDTH, 3.0), layout="constrained")
        axes = figure.add_subplot()
        axes.set_prop_cycle(color=COLOURS)
        for name, shares in found.items():
            percent = [100 * share for share in shares]
            (line,) = axes.plot(range(1, len(shares) + 1), percent, marker="o", label=name)
            if not any(shares):
                line.set(color=GREY, label="_", zorder=1)
        axes.set(xlabel="rounds", ylabel="decoys in the frozen mixture, %")
        axes.legend(title=f"the other {sum(not any(s) for s in found.values())}: none")
        figure.savefig(path, dpi=160)


def main() -> None:
    """Read the command line, print and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    found = {folder.name: decoy_shares(folder) for folder in given.folders}
    for line in lines(found):
        print(line, flush=True)
    if given.picture:
        draw(found, given.picture)


if __name__ == "__main__":
    main()
