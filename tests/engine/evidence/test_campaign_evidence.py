"""Two campaigns with one store: what the first one finds out, the second one is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from campaign_here import ask_here, decisions, run_here
from made_evidence import stored_branch, stored_campaign, topic_task, write_store
from small_campaign import write_small_campaign

from engine.campaign.campaign_file import check_campaign, read_campaign
from engine.campaign.evidence import recall, recalled
from engine.campaign.policy_process import Question
from engine.campaign.run import Run
from engine.campaign.spec import PolicyChoice
from engine.evidence.identity import identity_of
from engine.evidence.store import CampaignEvidence, read_evidence
from engine.ledger.records import Closed, Opened, Proposed, Record
from engine.ledger.state import State
from policies import PastBranch, Proposal
from tasks import InputError, Task

FINISH = {
    "steps": 2,
    "evaluate_every": 1,
    "patience": 1,
    "learning_rates": [5e-4],
    "baselines": False,
}
ROUNDS = {
    "count": 2,
    "proposals": 2,
    "steps": 2,
    "target_batch": 4,
    "candidate_batch": 4,
    "probe": 4,
}
WITH_PAST = {"name": "source-effect", "options": {"k": 1}}
"""A policy whose every choice follows from the past, or from chance where there is none."""


class Killed(BaseException):
    """The process of a campaign ended here."""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, State]:
    """A store after a campaign for mood, and how that ended; tests work on copies."""
    folder = tmp_path_factory.mktemp("evidence")
    state, _ = run_here(_campaign(folder / "first"), folder / "first" / "out")
    return folder / "store", state


@pytest.fixture
def store(first: tuple[Path, State], tmp_path: Path) -> Path:
    """A copy of that store, where `_campaign` expects it."""
    return Path(shutil.copytree(first[0], tmp_path / "store"))


def _campaign(folder: Path, **changes: object) -> Path:
    settings = {"finish": FINISH, "rounds": ROUNDS, "evidence": "../store", **changes}
    return write_small_campaign(folder, **settings)


def _next(folder: Path, **changes: object) -> Path:
    """A campaign for another target."""
    return _campaign(folder, target="kin", **changes)


def _renamed(campaign: Path, name: str, new: str) -> Path:
    cards = campaign.parent / "cards.yaml"
    cards.write_text(cards.read_text().replace(f"name: {name}\n", f"name: {new}\n"))
    return campaign


def _dies_after(kind: type[Record], number: int = 1) -> Callable[[Run], Run]:
    """A change that ends a run right after so many records of a kind are in the ledger."""

    def change(run: Run) -> Run:
        left = [number]

        def append(record: Record) -> None:
            run.append(record)
            left[0] -= isinstance(record, kind)
            if not left[0]:
                raise Killed

        return replace(run, append=append)

    return change


def _killed(campaign: Path, out: Path, kind: type[Record], number: int = 1) -> None:
    with pytest.raises(Killed):
        run_here(campaign, out, change=_dies_after(kind, number))


def _seen(campaign: Path, out: Path) -> tuple[list[tuple[PastBranch, ...]], Sequence[Record]]:
    """Run to the end; the past in every view that the policy was shown, and the records."""
    seen: list[tuple[PastBranch, ...]] = []

    def ask(choice: PolicyChoice, questions: Sequence[Question]) -> list[tuple[Proposal, ...]]:
        seen.extend(question.view.past for question in questions)
        return ask_here(choice, questions)

    _, records = run_here(campaign, out, change=lambda run: replace(run, ask=ask))
    return seen, records


def _told(campaign: Path, arrays: Path) -> tuple[PastBranch, ...]:
    """What a campaign would be told if it opened now."""
    checked = check_campaign(*read_campaign(campaign))
    arrays.mkdir()
    opened = Opened(
        schema=2,
        campaign_id="x",
        config={},
        policy_sha256="",
        tasks=dict.fromkeys(checked.pool, ""),
        versions={},
        evidence=recall(checked, arrays),
    )
    return recalled(opened, arrays)


def _only(store: Path) -> CampaignEvidence:
    (campaign,) = read_evidence(store).campaigns
    return campaign


def _tasks(campaign: Path) -> dict[str, Task]:
    return dict(check_campaign(*read_campaign(campaign)).pool)


def test_every_finished_branch_of_every_closed_round_is_stored(first: tuple[Path, State]) -> None:
    folder, state = first
    stored = _only(folder)
    lines = {
        gain.branch: (line.mixture, gain, proposed.round)
        for proposed, closed in zip(state.proposed, state.closed, strict=True)
        for line, gain in zip(proposed.proposals, closed.gains, strict=True)
        if line.mixture
    }
    assert lines and stored.branches.keys() == lines.keys()
    tasks = _tasks(folder.parent / "first" / "campaign.yaml")
    identity = {name: identity_of(task) for name, task in tasks.items()}
    for key, (mixture, gain, number) in lines.items():
        branch = stored.branches[key]
        assert branch.mixture == {identity[name]: share for name, share in mixture.items()}
        assert (branch.round, branch.cost) == (number, gain.cost)
        told = branch.gains[identity["mood"]]
        assert (told.gain, told.se) == (gain.gain, gain.se)
        assert told.metric_gain == gain.targets["mood"]["metric_gain"]
        assert branch.scores["alignment"][identity["mood"]].keys() == branch.mixture.keys()


def test_the_campaign_and_its_tasks_are_described_beside(first: tuple[Path, State]) -> None:
    folder, state = first
    stored = _only(folder)
    opened = stored.opened
    assert state.opened and opened.campaign == state.opened.campaign_id
    assert opened.model.startswith("encoder@")
    assert (opened.max_length, opened.seed, opened.steps) == (32, 0, 2)
    assert (opened.target_batch, opened.candidate_batch, opened.learning_rate) == (4, 4, 5e-5)
    mood = next(task for task in stored.tasks.values() if task.name == "mood")
    assert (mood.num_examples, mood.task_kind, mood.num_labels) == (48, "labels", 2)
    assert 4 < mood.tokens_per_example < 32


def test_the_next_campaign_is_told_of_it_in_every_round_and_adds_its_own(
    first: tuple[Path, State], store: Path, tmp_path: Path
) -> None:
    before = _only(store)
    seen, _ = _seen(_next(tmp_path / "next"), tmp_path / "out")
    tried = [
        {name: share for name, share in line.mixture.items() if name != "kin"}
        for proposed in first[1].proposed
        for line in proposed.proposals
    ]
    assert seen[0]
    assert [past.mixture for past in seen[0]] == [mixture for mixture in tried if mixture]
    assert {past.likeness for past in seen[0]} == {1.0}
    assert len(seen) > 2 and all(past == seen[0] for past in seen)
    campaigns = read_evidence(store).campaigns
    assert before in campaigns and len(campaigns) == 2


def test_tasks_that_were_renamed_are_found_again(store: Path, tmp_path: Path) -> None:
    plain = _told(_next(tmp_path / "plain"), tmp_path / "a")
    renamed = _renamed(_next(tmp_path / "renamed"), "pick", "choose")
    assert any("pick" in past.mixture for past in plain)
    new = {"pick": "choose"}
    expected = tuple(
        replace(past, mixture={new.get(name, name): s for name, s in past.mixture.items()})
        for past in plain
    )
    assert _told(renamed, tmp_path / "b") == expected


def test_evidence_about_other_data_under_the_same_names_is_not_told(tmp_path: Path) -> None:
    tasks = [topic_task("birds", name="mood"), topic_task("courts", name="pick")]
    branch = stored_branch("r00-p1", [(tasks[1], 1.0)], [(tasks[0], 0.5)])
    write_store(tmp_path / "store", tasks, [branch])
    assert _told(_next(tmp_path / "next"), tmp_path / "arrays") == ()


def test_branches_for_the_same_target_are_told_unless_the_campaign_says_no(
    store: Path, tmp_path: Path
) -> None:
    again = _campaign(tmp_path / "again", seed=1)
    assert len(_told(again, tmp_path / "a")) == len(_only(store).branches)
    honest = _campaign(tmp_path / "honest", seed=1, evidence_same_target=False)
    assert _told(honest, tmp_path / "b") == ()


def test_a_campaign_without_a_store_is_told_nothing_and_stores_nothing(
    store: Path, tmp_path: Path
) -> None:
    before = {path.name: path.read_bytes() for path in store.iterdir()}
    seen, records = _seen(_next(tmp_path / "next", evidence=None), tmp_path / "out")
    assert set(seen) == {()}
    assert isinstance(records[0], Opened) and not records[0].evidence
    assert {path.name: path.read_bytes() for path in store.iterdir()} == before


def test_killed_after_a_round_and_within_an_append_each_branch_is_stored_once(
    first: tuple[Path, State], tmp_path: Path
) -> None:
    model = str(first[0].parent / "first" / "encoder")
    campaign, out = _campaign(tmp_path / "one", model=model), tmp_path / "out"
    _killed(campaign, out, Closed)
    assert not (tmp_path / "store").exists()
    _killed(campaign, out, Proposed)
    (path,) = (tmp_path / "store").iterdir()
    path.write_bytes(path.read_bytes()[:-40])
    run_here(campaign, out)
    run_here(campaign, out)
    keys = [
        line.split(b'"branch":"')[1][:6]
        for line in path.read_bytes().split(b"\n")
        if b'"branch":"' in line
    ]
    assert keys == [key.encode() for key in _only(first[0]).branches]
    stored, undisturbed = _only(tmp_path / "store"), _only(first[0])
    for key, branch in undisturbed.branches.items():
        assert replace(stored.branches[key], time_utc="") == replace(branch, time_utc="")
    assert stored.tasks == undisturbed.tasks
    path.unlink()
    run_here(campaign, out)
    assert _only(tmp_path / "store").branches.keys() == undisturbed.branches.keys()


def test_what_the_store_gets_later_changes_nothing_of_a_campaign_that_goes_on(
    store: Path, tmp_path: Path
) -> None:
    campaign = _next(tmp_path / "one", policy=WITH_PAST)
    shutil.copytree(store, tmp_path / "copy")
    # The same model: each tiny encoder's tokenizer is another one.
    model = str(campaign.parent / "encoder")
    twin = _next(tmp_path / "twin", policy=WITH_PAST, evidence="../copy", model=model)
    calm, undisturbed = _seen(twin, tmp_path / "calm")
    _killed(campaign, tmp_path / "out", Proposed)
    tasks = list(_tasks(campaign).values())
    branches = [
        stored_branch(f"r00-p{n}", [(task, 1.0)], [(topic_task("birds"), 10.0 * n)])
        for n, task in enumerate(tasks, 1)
    ]
    later = stored_campaign("later", time_utc="2050")
    write_store(store, [*tasks, topic_task("birds")], branches, opened=later)
    seen, records = _seen(campaign, tmp_path / "out")
    assert all(past == calm[0] for past in seen)
    assert decisions(records) == decisions(undisturbed)
    fresh, others = _seen(campaign, tmp_path / "fresh")
    assert len(fresh[0]) > len(calm[0])
    assert decisions(others) != decisions(undisturbed)


def test_a_store_may_be_moved_or_named_only_later(store: Path, tmp_path: Path) -> None:
    campaign, out = _next(tmp_path / "one", evidence=None), tmp_path / "out"
    _killed(campaign, out, Closed)
    seen, _ = _seen(_next(tmp_path / "one", evidence="../elsewhere"), out)
    assert set(seen) == {()}
    assert {branch.round for branch in _only(tmp_path / "elsewhere").branches.values()} == {0, 1}


def test_what_is_told_is_said_when_a_campaign_opens(store: Path, tmp_path: Path) -> None:
    campaign = _next(tmp_path / "next")
    told = _told(campaign, tmp_path / "arrays")
    _killed(campaign, tmp_path / "out", Proposed)
    events = (tmp_path / "out" / "events.jsonl").read_text()
    matched = {name for past in told for name in past.mixture}
    said = f"{len(told)} branches of 1 earlier target match {len(matched)} of 3 candidates"
    assert f"evidence: {said}" in events


def test_a_store_that_is_a_file_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    campaign = _campaign(tmp_path / "one")
    with pytest.raises(InputError, match=r"campaign.yaml:\d+:\d+: evidence: '.*' is no folder"):
        check_campaign(*read_campaign(campaign))


def test_a_damaged_store_is_refused_before_anything_trains(store: Path, tmp_path: Path) -> None:
    (path,) = store.iterdir()
    path.write_bytes(path.read_bytes().replace(b'"cost":', b'"coast":'))
    with pytest.raises(InputError, match="damaged line"):
        run_here(_next(tmp_path / "next"), tmp_path / "out")
