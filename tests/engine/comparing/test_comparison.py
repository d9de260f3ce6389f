"""A comparison end to end: ordinary campaigns, equal luck, equal work done once, resumed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from campaign_here import ask_here, decisions, run_here
from small_campaign import write_small_campaign
from small_comparison import SILENT, compare_here, only_pairing, small_comparison

from engine.campaign.policy_process import Question
from engine.campaign.spec import PolicyChoice
from engine.comparing.comparison import Comparison
from engine.comparing.judged_arm import ALL_TASKS, TUNED, judged_arms
from engine.comparing.manifest import begun
from engine.comparing.shared_results import SharedResults
from engine.comparing.spending import spent
from engine.comparing.summary import summarised
from engine.ledger.ledger import Ledger, read_ledger
from engine.ledger.records import Completed, Delivered, Record
from engine.ledger.state import fold
from policies import Proposal
from tasks import InputError

Ran = tuple[Path, Comparison]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("comparison")
    campaign = write_small_campaign(folder)
    comparison = small_comparison(campaign, folder / "out")
    compare_here(campaign, comparison)
    return campaign, comparison


def _records(comparison: Comparison, number: int) -> tuple[Record, ...]:
    named = comparison.policies[number]
    return read_ledger(comparison.folder_of(only_pairing(comparison), named).ledger)


def _results(comparison: Comparison) -> list[Completed]:
    return list(SharedResults(comparison.shared_folder(only_pairing(comparison))).done())


def test_campaigns_differ_in_target_seed_policy_and_who_trains_the_baselines(ran: Ran) -> None:
    _, comparison = ran
    base = replace(comparison.campaign, evidence="store", report_to=("terminal", "jsonl"))
    comparison = replace(comparison, campaign=base, targets=("mood", "kin"), seeds=(4, 2))
    pairings = list(comparison.pairings())
    assert [str(one) for one in pairings] == [
        "mood, seed 4",
        "mood, seed 2",
        "kin, seed 4",
        "kin, seed 2",
    ]
    alone, chosen = (comparison.campaign_of(pairings[3], one) for one in comparison.policies)
    assert (alone.target, alone.seed, alone.policy.name) == ("kin", 2, "target-only")
    assert (alone.finish.baselines, chosen.finish.baselines) == (False, True)
    assert alone.evidence is None
    assert alone.report_to == ("jsonl",)
    assert replace(alone, policy=chosen.policy, finish=chosen.finish) == chosen
    assert len({comparison.folder_of(p, c) for p in pairings for c in comparison.policies}) == 8


def test_a_campaign_decides_as_one_that_runs_alone(ran: Ran, tmp_path: Path) -> None:
    _, comparison = ran
    folder = comparison.folder_of(only_pairing(comparison), comparison.policies[1])
    _, alone = run_here(folder.campaign, tmp_path / "alone")
    compared = _records(comparison, 1)
    assert decisions(compared) == decisions(alone)
    assert _numbers(compared) == _numbers(alone)


def _numbers(records: Sequence[Record]) -> dict[str, tuple[int, str, str]]:
    return {r.job: (r.tokens, r.arrays, r.checkpoint) for r in records if isinstance(r, Completed)}


def test_equal_work_is_done_once_and_charged_to_each(ran: Ran) -> None:
    _, comparison = ran
    done = [line.job for line in _results(comparison)]
    assert done.count("warm-up") == done.count("r00-control") == 1
    assert done.count("proof-target-only-1") == done.count("proof-all-tasks") == 1
    charged = [n for number in (0, 1) for n in _numbers(_records(comparison, number))]
    assert charged.count("warm-up") == 2
    spending = spent(comparison)
    assert spending.computed == sum(line.tokens for line in _results(comparison))
    tokens = [_numbers(_records(comparison, number)).values() for number in (0, 1)]
    assert spending.charged == sum(one for ledger in tokens for one, _, _ in ledger)
    assert spending.computed < spending.charged


def test_arms_of_a_pairing_stand_side_by_side_with_one_set_of_baselines(ran: Ran) -> None:
    _, comparison = ran
    arms = judged_arms(comparison)
    # alignment asks for signals, so that the baselines are in its campaign.
    assert [arm.name for arm in arms] == ["target-only", "alignment", TUNED, ALL_TASKS]
    assert {arm.num_candidates for arm in arms} == {3}
    assert arms[0].mixture == {} and arms[0].decoy_share == 0
    assert arms[2].mixture is None
    losses = {arm.name: arm.losses.mean() for arm in arms}
    lines = {line.name: line for line in summarised(arms).arms}
    over = lines["alignment"].over_tuned
    assert over and over.gain.mean == pytest.approx(losses[TUNED] - losses["alignment"])


def test_a_baseline_that_failed_somewhere_is_left_out_and_the_tuned_one_is_missed(
    ran: Ran, tmp_path: Path
) -> None:
    campaign, whole = ran
    shutil.copytree(whole.path, tmp_path / "out")
    comparison = small_comparison(campaign, tmp_path / "out")
    folder = comparison.folder_of(only_pairing(comparison), comparison.policies[1])
    _forget(folder.ledger, "all-tasks")
    assert [arm.name for arm in judged_arms(comparison)][2:] == [TUNED]
    _forget(folder.ledger, "target-only")
    with pytest.raises(InputError, match="mood, seed 0: target-only failed at every learning"):
        judged_arms(comparison)


def _forget(ledger: Path, arm: str) -> None:
    """Write the ledger as it would be had this arm failed."""
    records = read_ledger(ledger)
    folder = ledger.parent
    ledger.unlink()
    rewritten = Ledger.open(folder)
    for record in records:
        if isinstance(record, Delivered):
            left = tuple(one for one in record.contenders if one.arm != arm)
            record = replace(record, contenders=left)
        rewritten.append(record)
    rewritten.close()


def test_only_checkpoints_that_an_ended_campaign_needs_are_left(ran: Ran) -> None:
    _, comparison = ran
    pairing = only_pairing(comparison)
    assert not list(SharedResults(comparison.shared_folder(pairing)).checkpoints.iterdir())
    for number, named in enumerate(comparison.policies):
        folder = comparison.folder_of(pairing, named)
        delivered = fold(_records(comparison, number)).delivered
        assert delivered
        assert (folder.checkpoints / f"{delivered.checkpoint}.safetensors").exists()
        assert folder.mixture.exists()


def test_a_comparison_that_ended_trains_nothing_when_it_is_started_again(ran: Ran) -> None:
    campaign, comparison = ran
    before = [_records(comparison, number) for number in (0, 1)]
    ended: list[str] = []
    watching = replace(SILENT, on_end=lambda pairing, named: ended.append(named.name))
    compare_here(campaign, comparison, watching=watching)
    assert [_records(comparison, number) for number in (0, 1)] == before
    assert ended == ["target-only", "alignment"]


def test_another_policy_joins_and_takes_from_before_what_needs_no_checkpoint(
    ran: Ran, tmp_path: Path
) -> None:
    campaign, first = ran
    shutil.copytree(first.path, tmp_path / "out")
    names = "target-only,alignment,alignment:k=1"
    comparison = small_comparison(campaign, tmp_path / "out", policies=names)
    before = _written(comparison)
    compare_here(campaign, comparison)
    after = _written(comparison)
    assert [arm.name for arm in judged_arms(comparison)][-1] == "alignment:k=1"
    # What it measures, it measures at the same warm-up, which was made anew to start from.
    assert before["proof-test-selected"].items() <= after["proof-test-selected"].items()
    assert before["r00-measure-1"] == after["r00-measure-1"]
    assert before["warm-up"].keys() == after["warm-up"].keys()
    assert before["warm-up"] != after["warm-up"]


def _written(comparison: Comparison) -> dict[str, dict[str, int]]:
    """First key of a job -> file of its result -> when it was written."""
    folder = comparison.shared_folder(only_pairing(comparison)) / "results"
    found: dict[str, dict[str, int]] = {}
    for path in folder.iterdir():
        job = json.loads(path.read_bytes())["job"]
        found.setdefault(job, {})[path.name] = path.stat().st_mtime_ns
    return found


class Killed(BaseException):
    """Ends a comparison where nothing expects it."""


@pytest.fixture(scope="module")
def killed(ran: Ran, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which alignment was killed when it was asked for its second round."""
    campaign, _ = ran
    asked: list[str] = []

    def ask(choice: PolicyChoice, questions: Sequence[Question]) -> list[tuple[Proposal, ...]]:
        asked.append(choice.name)
        if asked.count("alignment") == 2:
            raise Killed
        return ask_here(choice, questions)

    out = tmp_path_factory.mktemp("killed") / "out"
    with pytest.raises(Killed):
        compare_here(campaign, small_comparison(campaign, out), ask=ask)
    return out


def test_killed_and_started_again_it_comes_to_the_same_and_repeats_no_work(
    ran: Ran, killed: Path, tmp_path: Path
) -> None:
    campaign, whole = ran
    shutil.copytree(killed, tmp_path / "out")
    comparison = small_comparison(campaign, tmp_path / "out")
    results = comparison.shared_folder(only_pairing(comparison)) / "results"
    before = {path.name: path.stat().st_mtime_ns for path in results.iterdir()}
    compare_here(campaign, comparison)
    after = {path.name: path.stat().st_mtime_ns for path in results.iterdir()}
    assert before.items() <= after.items()
    for number in (0, 1):
        assert decisions(_records(comparison, number)) == decisions(_records(whole, number))


def test_a_campaign_can_go_on_by_itself_and_come_back(
    ran: Ran, killed: Path, tmp_path: Path
) -> None:
    campaign, whole = ran
    shutil.copytree(killed, tmp_path / "out")
    comparison = small_comparison(campaign, tmp_path / "out")
    folder = comparison.folder_of(only_pairing(comparison), comparison.policies[1])
    run_here(folder.campaign, folder.path)
    compare_here(campaign, comparison)
    assert decisions(_records(comparison, 1)) == decisions(_records(whole, 1))


def test_a_folder_of_another_comparison_is_refused_with_what_differs(ran: Ran) -> None:
    _, comparison = ran
    other = replace(comparison, campaign=replace(comparison.campaign, budget_tokens=61_000))
    with pytest.raises(InputError, match="budget_tokens: 60000 -> 61000"):
        begun(other)
    assert begun(replace(comparison, seeds=(0, 1))).seeds == (0, 1)
    left = replace(comparison, policies=comparison.policies[:1])
    with pytest.raises(InputError, match=r"baselines in .* 'alignment'; name it too"):
        begun(left)
