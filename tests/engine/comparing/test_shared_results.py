"""Equal work is done once, and what is remembered of it is the result itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_campaign import write_small_campaign

from engine.campaign import schedule
from engine.campaign.campaign_file import Checked, check_campaign, read_campaign
from engine.comparing.job_identity import job_identity, setting_identity
from engine.comparing.shared_results import SharedResults
from engine.comparing.sharing_executor import SharingExecutor
from engine.ledger.records import MixtureLine
from engine.training.executor import Setting
from engine.training.jobs import BranchJob, Failure, Job, Result, WarmUpResult
from engine.training.local import LocalExecutor
from policies import SIGNALS

EVERY_SIGNAL = frozenset(SIGNALS)


class Counting(LocalExecutor):
    """Remembers which jobs it really did."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.done: list[str] = []

    def run(self, jobs: Sequence[Job]) -> Iterator[Result | Failure]:
        for job in jobs:
            self.done.append(job.key)
            yield from super().run([job])


@dataclasses.dataclass(frozen=True)
class Place:
    """A campaign's part in a comparison, ready to do jobs."""

    checked: Checked
    results: SharedResults
    inner: Counting
    own: Path

    def executor(self, own: Path | None = None) -> SharingExecutor:
        return SharingExecutor(
            inner=self.inner,
            results=self.results,
            checkpoints=own or self.own,
            setting=setting_identity(self.checked.campaign, self.checked.pool),
            weights=self.checked.campaign.targets,
        )

    def answers(self, *jobs: Job, own: Path | None = None) -> list[Result | Failure]:
        return list(self.executor(own).run(jobs))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("shared")
    geometry = {"count": 1, "steps": 2, "target_batch": 4, "candidate_batch": 4, "probe": 6}
    campaign = write_small_campaign(folder, rounds={**geometry, "geometry": "adam"})
    checked = check_campaign(*read_campaign(campaign))
    results = SharedResults(folder / ".shared")
    results.prepare()
    own = folder / "own"
    own.mkdir()
    inner = Counting(Setting(campaign=checked.campaign, folder=results.path))
    return Place(checked, results, inner, own)


@pytest.fixture(scope="module")
def warmed(place: Place) -> WarmUpResult:
    job = schedule.warm_up_job(
        place.checked.campaign, place.checked.roster, attempt=1, signals=EVERY_SIGNAL
    )
    (answer,) = place.answers(job)
    assert isinstance(answer, WarmUpResult)
    return answer


def _branches(place: Place, start: str) -> list[BranchJob]:
    line = MixtureLine(mixture={"kin": 0.5, "pick": 0.5}, reason="")
    return schedule.round_jobs(
        place.checked.campaign, round_number=0, start=start, proposals=(line, line)
    )


def test_every_kind_of_result_is_remembered_bit_by_bit(place: Place, warmed: WarmUpResult) -> None:
    campaign, roster = place.checked.campaign, place.checked.roster
    warm_up = schedule.warm_up_job(campaign, roster, attempt=1, signals=EVERY_SIGNAL)
    assert warmed.moments and warmed.data_maps
    start = warmed.checkpoint.sha256
    measure = schedule.measure_jobs(
        campaign,
        roster,
        round_number=0,
        start=start,
        signals=EVERY_SIGNAL,
        moments=warmed.moments.sha256,
    )
    (branch, *_) = _branches(place, start)
    (test,) = schedule.test_jobs(
        campaign, {"selected": schedule.Trained(checkpoint=start, temperatures={"mood": 1.5})}
    )
    jobs: list[Job] = [warm_up, *measure, branch, test]
    for job in jobs:
        (first,) = place.answers(job)
        before = len(place.inner.done)
        (again,) = place.answers(replace(job, key="other", attempt=7))
        assert len(place.inner.done) == before
        assert not isinstance(first, Failure) and not isinstance(again, Failure)
        assert (again.key, again.attempt) == ("other", 7)
        _assert_same(replace(first, key="other", attempt=7), again)


def test_equal_jobs_of_one_batch_are_done_once_and_each_answered(
    place: Place, warmed: WarmUpResult
) -> None:
    _, one, other = _branches(place, warmed.checkpoint.sha256)
    assert one.mixture == other.mixture and one.key != other.key
    answers = place.answers(one, other)
    assert sorted(answer.key for answer in answers) == sorted([one.key, other.key])
    assert place.inner.done.count(one.key) + place.inner.done.count(other.key) == 1
    _assert_same(replace(answers[0], key="", attempt=0), replace(answers[1], key="", attempt=0))


def test_a_failure_is_answered_to_all_and_remembered_by_none(place: Place) -> None:
    jobs = [
        BranchJob(
            key=key,
            attempt=1,
            start="0" * 64,
            mixture={},
            schedule=_branches(place, "")[0].schedule,
            seed=(9,),
            deadline_s=60,
        )
        for key in ("one", "two")
    ]
    for times in (1, 2):
        answers = place.answers(*jobs)
        assert [(a.key, isinstance(a, Failure)) for a in answers] == [("one", True), ("two", True)]
        assert place.inner.done.count("one") == times


def test_each_campaign_has_checkpoints_of_its_own_that_share_their_bytes(
    place: Place, warmed: WarmUpResult, tmp_path: Path
) -> None:
    job = schedule.warm_up_job(
        place.checked.campaign, place.checked.roster, attempt=1, signals=EVERY_SIGNAL
    )
    place.answers(job, own=tmp_path)
    name = f"{warmed.checkpoint.sha256}.safetensors"
    assert (tmp_path / name).samefile(place.results.checkpoints / name)
    assert warmed.moments and (tmp_path / f"{warmed.moments.sha256}.safetensors").exists()


def test_work_is_done_again_where_a_checkpoint_or_an_array_of_it_is_gone(
    place: Place, warmed: WarmUpResult, tmp_path: Path
) -> None:
    control, *_ = _branches(place, warmed.checkpoint.sha256)
    job = replace(control, key="again", seed=(3, 1, 4))
    (first,) = place.answers(job)
    for folder, pattern in (("checkpoints", "*"), ("signals", "*")):
        newest = max(
            (place.results.path / folder).glob(pattern), key=lambda f: f.stat().st_mtime_ns
        )
        newest.write_bytes(b"") if folder == "signals" else newest.unlink()
        (second,) = place.answers(job)
        _assert_same(first, second)
    assert place.inner.done.count("again") == 3


def test_a_start_that_only_the_campaign_still_has_is_found(
    place: Place, warmed: WarmUpResult
) -> None:
    start = warmed.checkpoint.sha256
    (place.results.checkpoints / f"{start}.safetensors").unlink()
    control, *_ = _branches(place, start)
    (answer,) = place.answers(replace(control, seed=(2, 7)))
    assert not isinstance(answer, Failure)


@pytest.mark.parametrize(
    "change", [{"seed": (1, 1)}, {"start": ""}, {"shuffled": frozenset({"kin"})}]
)
def test_other_work_has_another_identity(place: Place, change: dict[str, Any]) -> None:
    _, job, _ = _branches(place, "a" * 64)
    assert job_identity(replace(job, **change), "s") != job_identity(job, "s")
    assert job_identity(replace(job, key="k", attempt=9, deadline_s=1), "s") == job_identity(
        job, "s"
    )
    assert job_identity(job, "other setting") != job_identity(job, "s")


def test_the_order_of_a_mixture_is_part_of_the_work_for_data_is_drawn_in_it(place: Place) -> None:
    _, job, _ = _branches(place, "")
    turned = dict(reversed(list(job.mixture.items())))
    assert job_identity(replace(job, mixture=turned), "s") != job_identity(job, "s")


def test_a_setting_is_another_with_another_seed_model_target_or_data(place: Place) -> None:
    campaign, pool = place.checked.campaign, place.checked.pool
    here = setting_identity(campaign, pool)
    changes: list[dict[str, Any]] = [{"seed": 1}, {"model": "x"}, {"target": "kin"}]
    for change in [*changes, {"max_length": 16}, {"precision": "bfloat16"}]:
        assert setting_identity(replace(campaign, **change), pool) != here
    assert setting_identity(replace(campaign, budget_tokens=1, name="n"), pool) == here
    shorter = type(pool)([*pool.values()][:-1])
    assert setting_identity(campaign, shorter) != here


def _assert_same(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    if dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            # Of seconds, which no decision reads, a ledger keeps three digits.
            if field.name != "seconds":
                _assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, Mapping):
        assert one.keys() == other.keys()
        for key in one:
            _assert_same(one[key], other[key])
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes()
    else:
        assert one == other
