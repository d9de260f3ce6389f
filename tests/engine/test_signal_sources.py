"""Every signal has one source, and a round measures what is needed and no more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_campaign import write_small_campaign

from engine.campaign.budget import measuring_tokens, warm_up_ceiling
from engine.campaign.campaign_file import read_campaign
from engine.campaign.plugins import PluginError, load_policy
from engine.campaign.roster import Roster, without
from engine.campaign.schedule import MEASURED_TOGETHER, measure_jobs, warm_up_job
from engine.campaign.spec import Campaign, Rounds
from engine.signals import sources
from engine.signals.over_rounds import over_rounds
from engine.signals.readings import Readings
from engine.signals.sources import to_measure
from engine.signals.table import FUNCTIONS
from engine.training.jobs import MeasureJob
from policies import SIGNALS, Candidate, Target

ROOMS = (
    sources.IN_THE_PASS,
    sources.AT_CHECKPOINT,
    sources.BEFORE_TRAINING,
    sources.FROM_WARM_UP,
    sources.OVER_ROUNDS,
)


def test_every_signal_that_a_policy_may_need_has_one_source() -> None:
    assert sorted(signal for room in ROOMS for signal in room) == sorted(SIGNALS)
    assert set(FUNCTIONS) == (sources.AT_CHECKPOINT | sources.BEFORE_TRAINING) - {"centroid"}


@pytest.mark.parametrize(
    ("signals", "first", "later"),
    [
        ({"affinity", "confidence"}, set(), set()),
        ({"text", "alignment"}, {"text", "alignment"}, {"alignment"}),
        ({"progress"}, {"loss"}, {"loss"}),
        ({"centroid", "lookahead"}, {"centroid", "lookahead"}, {"lookahead"}),
    ],
)
def test_texts_are_measured_once_and_losses_wherever_they_are_compared(
    signals: set[str], first: set[str], later: set[str]
) -> None:
    assert to_measure(frozenset(signals), first=True) == first
    assert to_measure(frozenset(signals), first=False) == later


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return read_campaign(write_small_campaign(tmp_path_factory.mktemp("campaign")))[0]


def _roster(count: int) -> Roster:
    names = tuple(f"t{number:02d}" for number in range(count))
    return Roster(
        names=names,
        candidates=tuple(
            Candidate(name=name, family="toy", num_examples=9, tokens_per_example=5.0)
            for name in names
            if name != "t03"
        ),
        targets=(Target(name="t03", family="toy", num_examples=9, weight=1.0),),
        tokens=dict.fromkeys(names, 5.0) | {"t03": 7.0},
    )


def _jobs(campaign: Campaign, roster: Roster, *signals: str, number: int = 1) -> list[MeasureJob]:
    return measure_jobs(campaign, roster, round_number=number, start="", signals=frozenset(signals))


def test_a_withdrawal_leaves_the_tasks_of_other_jobs_as_they_are(campaign: Campaign) -> None:
    """Results that are there already would else be taken for those of other tasks."""
    roster = _roster(25)
    before = {job.key: job.tasks for job in _jobs(campaign, roster, "alignment")}
    assert [len(tasks) for tasks in before.values()] == [9, 10, 5]
    assert max(map(len, before.values())) <= MEASURED_TOGETHER
    after = {
        job.key: job.tasks
        for job in _jobs(campaign, without(roster, frozenset({"t01"})), "alignment")
    }
    first, *others = before
    assert after == {**before, first: tuple(t for t in before[first] if t != "t01")}
    gone = frozenset(before[others[0]])
    assert set(_keys(campaign, without(roster, gone))) == {first, others[1]}


def _keys(campaign: Campaign, roster: Roster) -> list[str]:
    return [job.key for job in _jobs(campaign, roster, "alignment")]


def test_rounds_whose_losses_are_compared_read_the_same_examples(campaign: Campaign) -> None:
    roster = _roster(5)
    seeds = [_jobs(campaign, roster, "alignment", number=n)[0].seed for n in (0, 1)]
    assert seeds[0] != seeds[1]
    for signal in ("excess", "progress"):
        seeds = [_jobs(campaign, roster, signal, "alignment", number=n)[0].seed for n in (0, 1)]
        assert seeds[0] == seeds[1]


def test_second_moments_are_kept_only_where_gradients_need_them(campaign: Campaign) -> None:
    rounds = Rounds(geometry="adam")
    roster = _roster(5)
    for given, signals, expected in (
        (campaign, {"alignment"}, False),
        (replace(campaign, rounds=rounds), {"affinity", "loss"}, False),
        (replace(campaign, rounds=rounds), {"descent"}, True),
    ):
        job = warm_up_job(given, roster, attempt=1, signals=frozenset(signals))
        assert job.moments == expected


def test_without_the_second_moments_nothing_is_measured_in_adams_geometry(
    campaign: Campaign,
) -> None:
    """The warm-up may have been for other signals; plain gradients would pass for Adam's."""
    adam = replace(campaign, rounds=Rounds(geometry="adam"))
    wanted = frozenset({"alignment", "loss"})
    for moments, expected in (("", {"loss"}), ("ab", {"alignment", "loss"})):
        (job,) = measure_jobs(
            adam, _roster(5), round_number=0, start="", signals=wanted, moments=moments
        )
        assert job.signals == expected


def test_the_expected_cost_counts_every_reading(campaign: Campaign) -> None:
    roster = _roster(5)
    probe = campaign.rounds.probe
    for signals, expected in (
        ({"loss"}, 4 * 5),
        ({"alignment", "descent", "loss", "similarity"}, 4 * 5 + 7),
        ({"text", "centroid"}, 2 * (4 * 5 + 7)),
        ({"lookahead"}, 4 * 5 + 5 * 7),
    ):
        (job,) = _jobs(campaign, roster, *signals, number=0)
        assert measuring_tokens(roster, job) == probe * expected, signals


def test_the_warm_ups_ceiling_counts_what_data_maps_read(campaign: Campaign) -> None:
    roster = _roster(5)
    plain, mapped = (
        warm_up_job(campaign, roster, attempt=1, signals=frozenset(signals))
        for signals in ((), {"confidence"})
    )
    least = warm_up_ceiling(plain, tasks=5, max_length=campaign.max_length)
    assert least == 2 * 6 * 8 * campaign.max_length
    most = warm_up_ceiling(mapped, tasks=5, max_length=campaign.max_length)
    assert most - least == 4 * 16 * 5 * campaign.max_length


def test_a_policy_that_needs_a_signal_that_does_not_exist_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hopeful.py").write_text(
        "class Hopeful:\n"
        "    needs = frozenset({'alignmnt'})\n"
        "    def propose(self, view, rng): return []\n"
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PluginError, match=r"needs the signal 'alignmnt'.* Did you mean 'alig"):
        load_policy("hopeful:Hopeful", {})


def _losses(**by_name: float) -> Readings:
    return Readings(
        candidates=tuple(by_name), scores={"loss": {"t": np.array(list(by_name.values()))}}
    )


def test_excess_is_above_the_lowest_loss_and_progress_since_the_round_before() -> None:
    rounds = [_losses(a=1.0, b=2.0, c=3.0), _losses(a=0.5, b=2.5, c=np.nan)]
    found = over_rounds(_losses(b=1.5, a=0.75, c=2.0), rounds)
    assert found.candidates == ("b", "a", "c")
    assert found.scores["excess"]["t"].tolist() == [0.0, 0.25, 0.0]
    np.testing.assert_array_equal(found.scores["progress"]["t"], [1.0, -0.25, np.nan])


def test_in_the_first_round_there_is_no_progress_and_no_excess() -> None:
    found = over_rounds(_losses(a=1.0, b=np.nan), [])
    np.testing.assert_array_equal(found.scores["excess"]["t"], [0.0, np.nan])
    assert found.scores["progress"] == {}
