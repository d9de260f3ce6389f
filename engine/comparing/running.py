"""Runs the campaigns of a comparison, or goes on with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.campaign.campaign_file import Checked
from engine.campaign.folder_lock import FolderLock
from engine.campaign.loop import run_campaign
from engine.campaign.named_policies import NamedPolicy
from engine.campaign.opening import open_campaign
from engine.campaign.plugins import open_executor
from engine.campaign.policy_process import Question, ask_policy
from engine.campaign.retention import needed_checkpoints
from engine.campaign.run import Run
from engine.campaign.run_folder import RunFolder
from engine.campaign.spec import PolicyChoice
from engine.comparing.comparison import Comparison, Pairing
from engine.comparing.job_identity import setting_identity
from engine.comparing.shared_results import SharedResults
from engine.comparing.sharing_executor import SharingExecutor
from engine.ledger.ledger import read_ledger
from engine.ledger.records import Record
from engine.ledger.state import State, fold
from engine.report.mixture_file import mixture_json
from engine.storage.checkpoint import sweep
from engine.storage.whole_file import write_whole
from engine.tracking.events import Event
from engine.training.executor import Executor, Setting
from policies import Proposal

Ask = Callable[[PolicyChoice, Sequence[Question]], list[tuple[Proposal, ...]]]
"""As `ask_policy`."""

OnEvent = Callable[[Pairing, NamedPolicy, Event], None]
"""Told what the campaigns tell."""

OnEnd = Callable[[Pairing, NamedPolicy], None]
"""Told when a campaign is at its end, in this start or an earlier one."""


@dataclass(frozen=True, kw_only=True)
class Watching:
    """Who is told how far a comparison is."""

    on_event: OnEvent
    on_end: OnEnd


def run_comparison(
    comparison: Comparison,
    checked: Mapping[str, Checked],
    watching: Watching,
    *,
    ask: Ask = ask_policy,
) -> None:
    """Run every campaign to its end; those that ended before are left alone.

    Args:
        comparison: As `manifest.begun` knows it.
        checked: target -> the campaign on it, checked; policy and seed may be any.
        watching: Whom to tell.
        ask: How policies are asked.

    Raises:
        Whatever a single campaign raises; the same call goes on where this one ended.
    """
    for pairing in comparison.pairings():
        _run_pairing(comparison, pairing, checked[pairing.target], watching, ask)


def state_of(folder: RunFolder) -> State | None:
    """Where a campaign stands; None for one that was not begun."""
    return fold(read_ledger(folder.ledger)) if folder.begun else None


def _run_pairing(
    comparison: Comparison, pairing: Pairing, checked: Checked, watching: Watching, ask: Ask
) -> None:
    """All policies on one target with one seed: one executor, one set of workers."""
    left = [one for one in comparison.policies if not _ended(comparison, pairing, one)]
    for named in comparison.policies:
        if named not in left:
            watching.on_end(pairing, named)
    if not left:
        return
    results = SharedResults(comparison.shared_folder(pairing))
    results.prepare()
    campaign = comparison.campaign_of(pairing, left[0])
    with FolderLock.take(results.path):
        executor = open_executor(Setting(campaign=campaign, folder=results.path))
        try:
            for named in left:
                _run_one(_Part(comparison, pairing, named, checked), executor, watching, ask)
                watching.on_end(pairing, named)
        finally:
            executor.close()
        results.drop_checkpoints()


@dataclass(frozen=True, slots=True)
class _Part:
    """One campaign of a comparison."""

    comparison: Comparison
    pairing: Pairing
    named: NamedPolicy
    checked: Checked
    """Of the target."""

    def check(self) -> Checked:
        """The campaign itself; what depends on the target alone was checked with it."""
        campaign = self.comparison.campaign_of(self.pairing, self.named)
        return replace(self.checked, campaign=campaign, policy=self.named.load())


def _ended(comparison: Comparison, pairing: Pairing, named: NamedPolicy) -> bool:
    state = state_of(comparison.folder_of(pairing, named))
    return state is not None and state.finished is not None


def _run_one(part: _Part, executor: Executor, watching: Watching, ask: Ask) -> None:
    folder = RunFolder.prepare(part.comparison.folder_of(part.pairing, part.named).path)
    checked = part.check()
    with open_campaign(checked, folder) as campaign:

        def report(event: Event) -> None:
            campaign.run.report(event)
            watching.on_event(part.pairing, part.named, event)

        # The executor that it was opened with starts nothing before its first job, and gets none.
        sharing = SharingExecutor(
            inner=executor,
            results=SharedResults(part.comparison.shared_folder(part.pairing)),
            checkpoints=folder.checkpoints,
            setting=setting_identity(checked.campaign, checked.pool),
            weights=checked.campaign.targets,
        )
        run = replace(campaign.run, executor=sharing, ask=ask, report=report)
        _finish(run, run_campaign(run, campaign.ledger.records), campaign.ledger.records)


def _finish(run: Run, state: State, records: tuple[Record, ...]) -> None:
    """Model and report are left to `sextant run` and `sextant report` on the folder."""
    tokens = run.counted(state).tokens
    write_whole(run.folder.mixture, mixture_json(records, tokens_per_example=tokens))
    sweep(run.folder.checkpoints, needed_checkpoints(state))
