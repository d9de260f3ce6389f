"""Golden: the same jobs give the same results in an actor as in this process."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml
from campaign_here import decisions, run_here
from small_campaign import write_small_campaign

from cluster import RayExecutor
from engine.campaign.campaign_file import Checked, check_campaign, read_campaign
from engine.campaign.run_folder import RunFolder
from engine.campaign.schedule import round_jobs, warm_up_job
from engine.ledger.records import MixtureLine
from engine.training.executor import Setting
from engine.training.jobs import BranchResult, Failure, Result, WarmUpResult
from engine.training.local import LocalExecutor

pytest_plugins = ("small_cluster",)
pytestmark = pytest.mark.ray

PROPOSALS = (MixtureLine(mixture={"kin": 0.5, "pick": 0.5}, reason="try"),)


def test_workers_train_and_judge_bit_for_bit_as_this_process(
    small_cluster: None, tmp_path: Path
) -> None:
    checked = check_campaign(*read_campaign(write_small_campaign(tmp_path)))
    here = warm_up_and_round(LocalExecutor, checked, tmp_path / "local")
    there = warm_up_and_round(RayExecutor, checked, tmp_path / "ray")
    assert here.keys() == there.keys()
    for key, result in here.items():
        other = there[key]
        assert result.checkpoint == other.checkpoint, key
        if isinstance(result, BranchResult) and isinstance(other, BranchResult):
            assert judged(result) == judged(other)


@pytest.mark.slow
def test_a_whole_campaign_decides_the_same_on_workers_and_in_this_process(
    small_cluster: None, tmp_path: Path
) -> None:
    file = write_small_campaign(tmp_path)
    _, local = run_here(file, tmp_path / "local")
    changed = yaml.safe_load(file.read_text()) | {"executor": {"name": "ray", "workers": 2}}
    file.write_text(yaml.safe_dump(changed))
    _, on_ray = run_here(file, tmp_path / "ray")
    assert decisions(local) == decisions(on_ray)


def warm_up_and_round(
    kind: type[LocalExecutor] | type[RayExecutor], checked: Checked, folder: Path
) -> dict[str, WarmUpResult | BranchResult]:
    path = RunFolder.prepare(folder).path
    executor = kind(Setting(campaign=checked.campaign, folder=path))
    try:
        warm_up = warm_up_job(checked.campaign, checked.roster, attempt=1)
        first = trained(executor.run([warm_up]))
        branches = round_jobs(
            checked.campaign,
            round_number=0,
            start=first["warm-up"].checkpoint.sha256,
            proposals=PROPOSALS,
        )
        return first | trained(executor.run(branches))
    finally:
        executor.close()


def trained(answers: Iterable[Result | Failure]) -> dict[str, WarmUpResult | BranchResult]:
    found = {}
    for answer in answers:
        assert isinstance(answer, WarmUpResult | BranchResult), answer
        found[answer.key] = answer
    return found


def judged(result: BranchResult) -> dict[str, tuple[list[float], float]]:
    return {
        name: (evaluation.selection.losses.tolist(), evaluation.temperature)
        for name, evaluation in result.evaluations.items()
    }
