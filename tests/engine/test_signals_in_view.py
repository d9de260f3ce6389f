"""What reaches a policy: the signals that it needs, of every candidate, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from campaign_here import ask_here, run_here
from small_campaign import write_small_campaign

from engine.campaign.campaign_file import check_campaign, read_campaign
from engine.campaign.policy_process import Question
from engine.campaign.run import Run
from engine.campaign.schedule import warm_up_job
from engine.campaign.spec import PolicyChoice
from policies import SIGNALS, Proposal, View

CANDIDATES = ("kin", "pick", "tally")


def _views(folder: Path, *signals: str) -> list[View]:
    """What a policy is shown that needs these signals, question after question."""
    seen: list[View] = []

    def ask(choice: PolicyChoice, questions: Sequence[Question]) -> list[tuple[Proposal, ...]]:
        seen.extend(question.view for question in questions)
        return ask_here(choice, questions)

    def change(run: Run) -> Run:
        return replace(run, signals=frozenset(signals), ask=ask)

    campaign = write_small_campaign(folder, policy={"name": "proportional"})
    run_here(campaign, folder / "run", change=change)
    assert [view.rounds_left for view in seen] == [2, 1, 0]
    return seen


def _scores(view: View, signal: str) -> list[float]:
    assert tuple(candidate.name for candidate in view.candidates) == CANDIDATES
    return [one.scores.get(signal, {}).get("mood", np.nan) for one in view.candidates]


def _ses(view: View, signal: str) -> list[float]:
    return [one.score_ses.get(signal, {}).get("mood", np.nan) for one in view.candidates]


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> list[View]:
    needed = ("affinity", "centroid", "confidence", "correctness", "lookahead", "text")
    return _views(tmp_path_factory.mktemp("needed"), *needed, "variability")


def test_texts_are_read_once_and_count_in_every_round(views: list[View]) -> None:
    for signal in ("text", "centroid"):
        first = _scores(views[0], signal)
        assert np.isfinite(first).all()
        assert len(set(first)) == 3
        assert all(_scores(view, signal) == first for view in views)


def test_maps_and_affinities_are_the_warm_ups_in_every_round(views: list[View]) -> None:
    for signal in ("affinity", "confidence", "variability"):
        first = _scores(views[0], signal)
        assert np.isfinite(first).all()
        assert len(set(first)) == 3
        assert all(_scores(view, signal) == first for view in views)
    assert min(_scores(views[0], "confidence")) > 0
    assert min(_ses(views[0], "affinity")) > 0


def test_a_score_task_is_never_right_or_wrong_and_the_policy_is_not_told(views: list[View]) -> None:
    found = _scores(views[0], "correctness")
    assert np.isnan(found).tolist() == [name == "tally" for name in CANDIDATES]
    assert "correctness" not in views[0].candidates[2].scores


def test_lookahead_is_of_each_rounds_checkpoint(views: list[View]) -> None:
    first, second, frozen = (_scores(view, "lookahead") for view in views)
    assert np.isfinite([first, second]).all()
    assert not set(first) & set(second)
    assert frozen == second


def test_what_the_policy_does_not_need_is_not_shown(views: list[View]) -> None:
    for view in views:
        shown = {signal for one in view.candidates for signal in one.scores}
        assert shown <= set(SIGNALS)
        assert not shown & {"alignment", "descent", "loss", "excess", "progress", "similarity"}


def test_the_warm_up_looks_at_answers_only_where_their_maps_are_needed(tmp_path: Path) -> None:
    checked = check_campaign(*read_campaign(write_small_campaign(tmp_path)))

    def mapped(*signals: str) -> int:
        job = warm_up_job(checked.campaign, checked.roster, attempt=1, signals=frozenset(signals))
        return job.mapped

    assert [mapped(one) for one in ("confidence", "variability", "correctness")] == [16] * 3
    assert mapped() == mapped("affinity", "alignment", "text", "lookahead") == 0


def test_a_policy_knows_how_many_examples_its_last_mixture_will_be_asked_for(
    views: list[View],
) -> None:
    """The small campaign finishes in six steps of four candidate examples."""
    assert {view.draws for view in views} == {24}
