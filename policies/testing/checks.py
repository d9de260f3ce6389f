"""What every policy must do. Each check takes a policy and raises AssertionError if it does not."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable, Sequence

import numpy as np

from policies.policy import Policy
from policies.signals import SIGNALS
from policies.testing.process import answer_elsewhere, written
from policies.testing.views import example_views, first_round
from policies.validation import InvalidProposalError, check_proposals
from policies.view import Proposal, View


def check_is_a_frozen_dataclass(policy: Policy) -> None:
    """Its options are its fields, and it has nowhere to keep a state."""
    name = type(policy).__name__
    parameters = getattr(policy, "__dataclass_params__", None)
    assert parameters is not None and parameters.frozen, (
        f"{name} must be a frozen dataclass: its fields are its options, and it keeps no state."
    )


def check_needs_known_signals(policy: Policy) -> None:
    """It asks only for signals that a campaign can measure."""
    needs = policy.needs
    assert isinstance(needs, frozenset), f"needs must be a frozenset but is {needs!r}."
    unknown = sorted(needs - set(SIGNALS))
    assert not unknown, f"needs holds {unknown}; the signals are {sorted(SIGNALS)}."


def check_answers_are_valid(policy: Policy) -> None:
    """Valid, distinct proposals in an ordinary campaign, first round to last."""
    _check_valid(policy, "first round", "with history", "last round", "one proposal")
    _check_valid(policy, "draws known")


def check_copes_with_one_candidate(policy: Policy) -> None:
    """A pool of one is a pool."""
    _check_valid(policy, "one candidate", "one candidate, frozen")


def check_copes_with_many_candidates(policy: Policy) -> None:
    """1,000 candidates; a second is plenty of time, though none is asserted here."""
    _assert_valid(policy, first_round(1000), "1,000 candidates")


def check_copes_without_signals(policy: Policy) -> None:
    """No scores at all, all 0, all equal, all negative: no evidence, and no error."""
    _check_valid(policy, "no signals", "zero scores", "constant scores", "negative scores")


def check_copes_with_failed_branches(policy: Policy) -> None:
    """A failed branch is no evidence and no error."""
    _check_valid(policy, "failed branches", "frozen after failures")


def check_copes_with_little_evidence(policy: Policy) -> None:
    """A single finished branch, and gains whose standard errors are 0."""
    _check_valid(policy, "one finished branch", "one finished branch, frozen", "no standard errors")


def check_copes_with_sets_of_a_given_size(policy: Policy) -> None:
    """A campaign that wants exactly so many tasks; a policy that does not look is valid too."""
    _check_valid(policy, "exactly two", "exactly two, frozen", "exactly two of one")
    _check_valid(policy, "exactly one, two kept", "exactly one, without evidence, frozen")


def check_copes_with_earlier_campaigns(policy: Policy) -> None:
    """Branches of other campaigns: in another unit, with shares that do not sum to 1."""
    _check_valid(policy, "earlier campaigns", "earlier campaigns and history")
    _check_valid(policy, "earlier campaigns, frozen")


def check_copes_with_extreme_numbers(policy: Policy) -> None:
    """Scores and gains of 1e30 and 1e-30, sizes of 1 and 1e9, tasks that are all alike."""
    _check_valid(policy, "huge scores", "tiny scores", "huge gains", "tiny gains", "harm alone")
    _check_valid(policy, "sizes far apart", "equal tasks")


def check_copes_with_several_targets(policy: Policy) -> None:
    """Targets of unequal weight, one of them without scores."""
    _check_valid(policy, "several targets")


def check_freezes_a_mixture(policy: Policy) -> None:
    """With no rounds left the first proposal is kept as it is: it must be valid."""
    _check_valid(policy, "frozen", "frozen without evidence", "draws known, frozen")


def check_is_a_function_of_its_arguments(policy: Policy) -> None:
    """The same arguments give the same answer: asked again, in between, or as a fresh copy."""
    views = example_views()
    first = _answer(policy, views["with history"])
    _answer(policy, dataclasses.replace(views["with history"], history=()), seed=1)
    again = _answer(policy, example_views()["with history"])
    fresh: Policy = pickle.loads(pickle.dumps(policy))  # noqa: S301 - bytes made on this line
    copied = _answer(fresh, example_views()["with history"])
    assert written(first) == written(again) == written(copied), (
        f"{type(policy).__name__} answered differently to the same arguments; all state must "
        "follow from view.history, all randomness from rng."
    )


def check_leaves_the_view_alone(policy: Policy) -> None:
    """What it is shown is not its own to change."""
    for name, view in example_views().items():
        before = pickle.dumps(view)
        _answer(policy, view)
        assert pickle.dumps(view) == before, (
            f"{type(policy).__name__} changed the view {name!r}; copy what you want to change."
        )


def check_answers_alike_in_another_process(policy: Policy) -> None:
    """Neither the order of sets nor anything else of a process enters the answer."""
    here = written(_answer(policy, example_views()["with history"]))
    for hash_seed in (1, 2):
        there = answer_elsewhere(policy, "with history", hash_seed=hash_seed)
        assert there == here, (
            f"{type(policy).__name__} answered differently in another process (PYTHONHASHSEED="
            f"{hash_seed}); sort what comes from sets.\nhere:  {here}\nthere: {there}"
        )


def check_ignores_the_order_of_candidates(policy: Policy) -> None:
    """A policy that draws nothing proposes the same mixtures however the candidates are sorted.

    Whether it draws is tried: if two generators give different answers, draws may follow the
    order of candidates and nothing is asserted. Shares may differ by 1e-9, as sums do.
    """
    names = ("first round", "with history", "exactly two", "earlier campaigns", "frozen")
    for name in names:
        view = example_views()[name]
        answer = _answer(policy, view)
        if any(written(_answer(policy, view, seed=seed)) != written(answer) for seed in (1, 2)):
            continue
        turned = _answer(policy, _turned(view))
        assert len(turned) == len(answer) and all(
            _alike(one, other) for one, other in zip(answer, turned, strict=True)
        ), (
            f"{type(policy).__name__} follows the order of the candidates in {name!r}; break ties "
            f"by name.\nas given: {written(answer)}\nreversed: {written(turned)}"
        )


POLICY_CHECKS: tuple[Callable[[Policy], None], ...] = (
    check_is_a_frozen_dataclass,
    check_needs_known_signals,
    check_answers_are_valid,
    check_copes_with_one_candidate,
    check_copes_with_many_candidates,
    check_copes_without_signals,
    check_copes_with_failed_branches,
    check_copes_with_little_evidence,
    check_copes_with_sets_of_a_given_size,
    check_copes_with_earlier_campaigns,
    check_copes_with_extreme_numbers,
    check_copes_with_several_targets,
    check_freezes_a_mixture,
    check_is_a_function_of_its_arguments,
    check_leaves_the_view_alone,
    check_answers_alike_in_another_process,
    check_ignores_the_order_of_candidates,
)


def _answer(policy: Policy, view: View, *, seed: int = 0) -> Sequence[Proposal]:
    return policy.propose(view, np.random.default_rng(seed))


def _check_valid(policy: Policy, *names: str) -> None:
    views = example_views()
    for name in names:
        _assert_valid(policy, views[name], name)


def _assert_valid(policy: Policy, view: View, name: str) -> None:
    answer = _answer(policy, view)
    try:
        checked = check_proposals(answer, view, policy=type(policy).__name__)
    except InvalidProposalError as problem:
        raise AssertionError(f"view {name!r}: {problem}") from problem
    assert len(checked) == len(answer), (
        f"view {name!r}: {type(policy).__name__} proposed one mixture twice; mixtures must differ."
    )


def _turned(view: View) -> View:
    """The candidates, and their similarities, in reverse order."""
    sketches = None if view.sketches is None else view.sketches[::-1].copy()
    return dataclasses.replace(view, candidates=view.candidates[::-1], sketches=sketches)


def _alike(one: Proposal, other: Proposal) -> bool:
    return one.mixture.keys() == other.mixture.keys() and all(
        abs(share - other.mixture[task]) < 1e-9 for task, share in one.mixture.items()
    )
