"""The evidence store in a campaign: what it is told when it opens, and what it adds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from engine.campaign.campaign_file import Checked
from engine.campaign.readings import kept
from engine.campaign.run import Run
from engine.evidence.frozen import as_arrays, from_arrays
from engine.evidence.identity import identity_of, model_identity
from engine.evidence.past import past_branches
from engine.evidence.recording import branches_of, finished
from engine.evidence.records import Stored, StoredBranch, StoredCampaign, stored_task
from engine.evidence.store import append, file_of, read_campaign, read_evidence
from engine.ledger.ledger import Clock, utc_now
from engine.ledger.records import Opened
from engine.ledger.state import State
from engine.storage.arrays import load_arrays, save_arrays
from policies import PastBranch


def recall(checked: Checked, arrays: Path) -> str:
    """Read the store, and keep in `arrays` what it tells of this campaign's candidates.

    Returns:
        The hash for `Opened`; "" for a campaign without a store.

    Raises:
        InputError: As `read_evidence`.
        DiskError: The store cannot be read.
    """
    campaign = checked.campaign
    if campaign.evidence_folder is None:
        return ""
    past = past_branches(
        read_evidence(campaign.evidence_folder),
        checked.pool,
        targets=campaign.targets,
        model=model_identity(campaign.model),
        same_target=campaign.evidence_same_target,
    )
    return save_arrays(as_arrays(past, sorted(checked.pool)), arrays, tag="evidence")


def recalled(opened: Opened, arrays: Path) -> tuple[PastBranch, ...]:
    """What `recall` kept when the campaign opened, however the store has grown since."""
    if not opened.evidence:
        return ()
    return from_arrays(load_arrays(arrays, opened.evidence), sorted(opened.tasks))


def add_evidence(run: Run, state: State, *, clock: Clock = utc_now) -> None:
    """Add to the store, where there is one, the finished branches that it lacks.

    It follows from the ledger alone: called again, it adds nothing; called after a crash, what was
    missed.

    Raises:
        DamagedEvidenceError: The campaign's own file is damaged.
        DiskError: It cannot be written; nothing of the campaign is lost.
    """
    if run.campaign.evidence_folder is None or state.opened is None:
        return
    path = file_of(run.campaign.evidence_folder, state.opened.campaign_id)
    there = read_campaign(path)
    time_utc = clock().isoformat(timespec="milliseconds")
    known = there.branches.keys() if there else frozenset()
    new = [one for one in _branches(run, state, known, time_utc) if one.branch not in known]
    if not new:
        return
    tasks = there.tasks.keys() if there else frozenset()
    header = [] if there else [_header(run, state.opened, time_utc)]
    append(path, [*header, *_tasks(run, state, new, tasks), *new])


def _branches(
    run: Run, state: State, known: Iterable[str], time_utc: str
) -> Iterator[StoredBranch]:
    """Of every closed round of which something is not known."""
    for proposed, closed in zip(state.proposed, state.closed, strict=False):
        pairs = finished(proposed, closed)
        if {gain.branch for _, gain in pairs} - set(known):
            mentioned = {name for line, _ in pairs for name in line.mixture}
            yield from branches_of(
                closed.round,
                pairs,
                kept(run, proposed.readings),
                identities={
                    name: identity_of(run.pool[name])
                    for name in {*mentioned, *run.campaign.targets}
                },
                time_utc=time_utc,
            )


def _header(run: Run, opened: Opened, time_utc: str) -> StoredCampaign:
    campaign, rounds = run.campaign, run.campaign.rounds
    return StoredCampaign(
        campaign=opened.campaign_id,
        model=model_identity(campaign.model),
        max_length=campaign.max_length,
        seed=campaign.seed,
        steps=rounds.steps,
        target_batch=rounds.target_batch,
        candidate_batch=rounds.candidate_batch,
        learning_rate=rounds.learning_rate,
        sextant=opened.versions.get("sextant", ""),
        time_utc=time_utc,
    )


def _tasks(
    run: Run, state: State, branches: Sequence[StoredBranch], known: Iterable[str]
) -> Iterator[Stored]:
    """The tasks that branches speak of, each once, but those that are known."""
    needed = {task for one in branches for task in (*one.mixture, *one.gains)} - set(known)
    tokens = run.counted(state).tokens
    for name, task in run.pool.items():
        if (identity := identity_of(task)) in needed:
            needed.remove(identity)
            yield stored_task(task, tokens_per_example=tokens[name])
