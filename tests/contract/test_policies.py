"""Every policy keeps the contract, and every check of the contract can fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import faulty_policies as faulty
import numpy as np
import pytest

import policies
from policies import (
    Aioli,
    Alignment,
    AMtrl,
    Compass,
    DoGE,
    DoReMi,
    EasyToHard,
    Exp3,
    GaussianProcessSearch,
    Groups,
    Lasso,
    LearningProgress,
    LogLinear,
    Navigator,
    OnlineDataMixing,
    Policy,
    Proportional,
    RandomK,
    RegMix,
    SameFamily,
    ScaleThenFocus,
    SkillIt,
    SourceEffect,
    Sweep,
    TargetOnly,
    TaskModeling,
    Temperature,
    Text,
    Thompson,
    TopTwo,
    Ucb1,
    Uniform,
)
from policies.testing import POLICY_CHECKS, checks, example_views

Check = Callable[[Policy], None]

OURS = (
    TargetOnly,
    Proportional,
    Compass,
    Alignment,
    Navigator,
    Uniform,
    Temperature,
    RandomK,
    SameFamily,
    SourceEffect,
    Text,
    Groups,
    Lasso,
    AMtrl,
    Exp3,
    Ucb1,
    Thompson,
    TopTwo,
    Sweep,
    ScaleThenFocus,
    LearningProgress,
    EasyToHard,
    Aioli,
    DoGE,
    DoReMi,
    GaussianProcessSearch,
    LogLinear,
    OnlineDataMixing,
    RegMix,
    SkillIt,
    TaskModeling,
)

FAULTS: tuple[tuple[Check, type, str], ...] = (
    (checks.check_is_a_frozen_dataclass, faulty.NoDataclass, "must be a frozen dataclass"),
    (checks.check_needs_known_signals, faulty.NeedsMagic, "clairvoyance"),
    (checks.check_answers_are_valid, faulty.ForgetsToNormalise, "shares sum to 0.9"),
    (checks.check_answers_are_valid, faulty.RepeatsItself, "one mixture twice"),
    (checks.check_copes_with_one_candidate, faulty.WantsTwo, "not enough values"),
    (checks.check_copes_with_many_candidates, faulty.WantsFew, "at least one proposal"),
    (checks.check_copes_without_signals, faulty.WantsScores, "alignment"),
    (checks.check_copes_with_failed_branches, faulty.TrustsEveryBranch, "NoneType"),
    (checks.check_copes_with_little_evidence, faulty.WantsSpread, "data points"),
    (checks.check_copes_with_little_evidence, faulty.WeighsByErrorBars, "division by zero"),
    (checks.check_copes_with_sets_of_a_given_size, faulty.SharesAsToldTo, "shares sum to 0.5"),
    (checks.check_copes_with_earlier_campaigns, faulty.RepeatsThePast, "shares sum to 0.6"),
    (checks.check_copes_with_extreme_numbers, faulty.Overflows, "is nan"),
    (checks.check_copes_with_several_targets, faulty.KnowsOneTarget, "too many values"),
    (checks.check_freezes_a_mixture, faulty.DividesByRoundsLeft, "zero"),
    (checks.check_is_a_function_of_its_arguments, faulty.CountsItsCalls, "same arguments"),
    (checks.check_is_a_function_of_its_arguments, faulty.HidesState, "same arguments"),
    (checks.check_leaves_the_view_alone, faulty.ChangesTheView, "changed the view"),
    (checks.check_answers_alike_in_another_process, faulty.FollowsHashes, "another process"),
    (checks.check_ignores_the_order_of_candidates, faulty.TakesTheFirst, "ties by name"),
)


@pytest.mark.parametrize("check", POLICY_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("policy", OURS, ids=lambda policy: policy.__name__)
def test_every_policy_keeps_the_contract(policy: Callable[[], Policy], check: Check) -> None:
    check(policy())


@pytest.mark.parametrize("policy", OURS, ids=lambda policy: policy.__name__)
def test_every_policy_of_ours_names_as_many_tasks_as_are_wanted(
    policy: Callable[[], Policy],
) -> None:
    views = example_views()
    harm = replace(views["harm alone"], exactly=2, rounds_left=0)
    for view in (
        views["exactly two, frozen"],
        harm,
        views["exactly one, without evidence, frozen"],
    ):
        first = policy().propose(view, np.random.default_rng(0))[0]
        # The target alone is what this one is for. More are cut to the largest shares.
        assert policy is TargetOnly or len(first.mixture) >= (view.exactly or 1)


@pytest.mark.parametrize("check", POLICY_CHECKS, ids=lambda check: check.__name__)
def test_a_sound_policy_passes_every_check(check: Check) -> None:
    check(faulty.Sound())


@pytest.mark.parametrize(("check", "broken", "message"), FAULTS)
def test_every_check_catches_its_fault(check: Check, broken: type[Any], message: str) -> None:
    with pytest.raises(Exception, match=message):
        check(broken())


def test_no_check_is_without_a_fault() -> None:
    assert {check for check, _, _ in FAULTS} == set(POLICY_CHECKS)


def test_a_policy_that_is_not_importable_is_told_so() -> None:
    class Local(faulty.Sound):
        pass

    with pytest.raises(AssertionError, match="importable at the top"):
        checks.check_answers_alike_in_another_process(Local())


def test_example_views_are_built_anew() -> None:
    first, second = example_views(), example_views()
    assert first.keys() == second.keys()
    assert all(first[name] is not second[name] for name in first)
    matrices = [view.sketches for view in first.values() if view.sketches is not None]
    assert all(np.isfinite(matrix).all() for matrix in matrices)


def test_every_exported_name_exists() -> None:
    assert all(hasattr(policies, name) for name in policies.__all__)
    assert not hasattr(policies, "absent")
