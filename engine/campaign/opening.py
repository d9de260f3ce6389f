"""Opens a run folder for a campaign: a new one, or one that goes on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import yaml
from pydantic import TypeAdapter

from engine.campaign.campaign_file import Checked
from engine.campaign.crowding import crowded_lines
from engine.campaign.evidence import recall, recalled
from engine.campaign.left_out import left_out_lines
from engine.campaign.plugins import open_executor, policy_class, source_sha256
from engine.campaign.run import Run
from engine.campaign.run_folder import RunFolder
from engine.campaign.spec import Campaign
from engine.evidence.past import past_line
from engine.ledger.ledger import Ledger
from engine.ledger.records import SCHEMA, Opened, Record, Resumed
from engine.ledger.state import State, fold
from engine.storage.whole_file import write_whole
from engine.tracking.events import CampaignOpened, Event, Notice, Reporter
from engine.tracking.opening import open_reporters
from engine.training.executor import Executor, Setting

MAY_CHANGE = frozenset(
    {
        "budget_tokens",
        "max_wasted_tokens",
        "deadline_s",
        "executor",
        "report_to",
        "pool",
        "data",
        "evidence",
    }
)
"""Keys of a campaign that do not change what was decided, so that a resume may set them anew.
The paths of pool and data are among them, for a project may be moved; its tasks are compared by
fingerprint. Evidence was read when the campaign opened: its path says where to add, no more."""

_VERSIONED = ("sextant", "torch", "transformers", "tokenizers", "numpy", "scipy", "scikit-learn")


class OtherCampaignError(ValueError):
    """The folder holds a campaign that differs in something that decisions follow from."""


@dataclass(frozen=True, kw_only=True)
class OpenCampaign:
    """A locked folder, its ledger, and the run that writes into it."""

    run: Run
    ledger: Ledger
    opened: Opened


@contextmanager
def open_campaign(
    checked: Checked, folder: RunFolder, accepted: frozenset[str] = frozenset()
) -> Iterator[OpenCampaign]:
    """Lock the folder, read or begin its ledger, start the executor; release all at the end.

    Reporters are opened under the lock as well: a start that is refused writes nowhere.

    Raises:
        FolderInUseError: Another process holds the folder.
        OtherCampaignError: The folder holds another campaign.
        LedgerDamagedError: The ledger was altered.
    """
    with folder.lock():
        ledger = Ledger.open(folder.path)
        executor: Executor | None = None
        reporter: Reporter | None = None
        try:
            opened = _begin(checked, folder, ledger, accepted)
            write_whole(folder.campaign, _as_yaml(checked.campaign))
            reporter = open_reporters(checked.campaign.report_to, folder.path)
            executor = open_executor(Setting(campaign=checked.campaign, folder=folder.path))
            run = Run(
                campaign=checked.campaign,
                pool=checked.pool,
                roster=checked.roster,
                signals=checked.policy.needs,
                folder=folder,
                append=ledger.append,
                executor=executor,
                report=reporter.report,
                past=recalled(opened, folder.arrays),
            )
            for event in _first_events(checked, opened, fold(ledger.records), run):
                reporter.report(event)
            yield OpenCampaign(run=run, ledger=ledger, opened=opened)
        finally:
            if executor:
                executor.close()
            if reporter:
                reporter.close()
            ledger.close()


def config_of(campaign: Campaign) -> dict[str, Any]:
    """The resolved campaign as plain JSON values."""
    config: dict[str, Any] = TypeAdapter(Campaign).dump_python(campaign, mode="json")
    return config


def _as_yaml(campaign: Campaign) -> bytes:
    return yaml.safe_dump(config_of(campaign), sort_keys=False, allow_unicode=True).encode()


def _begin(checked: Checked, folder: RunFolder, ledger: Ledger, accepted: frozenset[str]) -> Opened:
    if not ledger.records:
        opened = _new(checked, evidence=recall(checked, folder.arrays))
        ledger.append(opened)
        return opened
    first: Record = ledger.records[0]
    assert isinstance(first, Opened), "the ledger checks that it begins so"
    changes = _changes(first, checked)
    refused = [line for key, line in changes.items() if key not in MAY_CHANGE]
    if refused:
        raise OtherCampaignError(
            f"The folder holds campaign {first.campaign_id}, which differs: "
            + "; ".join(refused)
            + ". Choose another --out, or restore the campaign file."
        )
    lines = (*changes.values(), *sorted(accepted))
    ledger.append(Resumed(versions=_versions(), accepted=lines))
    return first


def _new(checked: Checked, *, evidence: str) -> Opened:
    return Opened(
        schema=SCHEMA,
        campaign_id=f"{checked.campaign.name}-{uuid.uuid4().hex[:8]}",
        config=config_of(checked.campaign),
        policy_sha256=source_sha256(policy_class(checked.campaign.policy.name)),
        tasks={name: task.fingerprint for name, task in checked.pool.items()},
        versions=_versions(),
        decoys=tuple(name for name, task in checked.pool.items() if task.decoy),
        evidence=evidence,
    )


def _versions() -> dict[str, str]:
    return {name: version(name) for name in _VERSIONED}


def _changes(first: Opened, checked: Checked) -> dict[str, str]:
    """Key -> how it differs from what the ledger was opened with."""
    changes = _differences(_deciding(first.config), _deciding(config_of(checked.campaign)))
    now = {name: task.fingerprint for name, task in checked.pool.items()}
    for name in {**first.tasks, **now}:
        before, after = first.tasks.get(name, "absent"), now.get(name, "absent")
        if before != after:
            changes[f"task {name}"] = f"data of task {name}: {before[:12]} -> {after[:12]}"
    return changes


def _deciding(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration without the policy's handling, which may change as well."""
    policy = {k: v for k, v in config["policy"].items() if k not in ("timeout_s", "on_error")}
    return {**config, "policy": policy}


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    """Key -> the keys below it that differ, with both values."""
    return {
        key: "; ".join(_leaves(key, before.get(key), after.get(key)))
        for key in {**before, **after}
        if before.get(key) != after.get(key)
    }


def _leaves(path: str, before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in {**before, **after}:
            yield from _leaves(f"{path}.{key}", before.get(key), after.get(key))
    elif before != after:
        yield f"{path}: {before!r} -> {after!r}"


def _first_events(checked: Checked, opened: Opened, state: State, run: Run) -> Iterator[Event]:
    campaign = checked.campaign
    yield CampaignOpened(
        name=campaign.name,
        campaign_id=opened.campaign_id,
        target=", ".join(f"{name} ({weight:.2g})" for name, weight in campaign.targets.items()),
        num_candidates=len(checked.roster.candidates),
        policy=campaign.policy.name,
        workers=run.executor.num_workers,
        budget_tokens=campaign.budget_tokens,
        rounds=campaign.rounds.count,
        standing=standing_of(state, campaign),
        config=dict(opened.config),
    )
    notices = [*left_out_lines(checked.screened), *crowded_lines(campaign.executor)]
    if opened.evidence:
        notices.append(past_line(run.past, len(checked.roster.candidates)))
    yield from (Notice(message=line) for line in notices)


def standing_of(state: State, campaign: Campaign) -> str:
    """Where a campaign stands, in one line."""
    if state.finished:
        return f"finished: {state.finished.reason}"
    if not state.jobs:
        return "new"
    if state.chosen:
        return "resumed at the finish"
    number = min(len(state.closed) + 1, campaign.rounds.count)
    return f"resumed at round {number} of {campaign.rounds.count}"
