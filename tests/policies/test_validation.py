from __future__ import annotations

import numpy as np
import pytest

from policies import InvalidProposalError, Proposal, check_proposals
from policies.testing import example_views

VIEW = example_views()["with history"]  # task-0 to task-7, round 2, at most 3 proposals


def proposal(mixture: object, reason: object = "why") -> Proposal:
    return Proposal(mixture=mixture, reason=reason)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "expected a list of proposals, got None. Did you forget 'return'?"),
        (proposal({}), r"got a single Proposal. Return \[proposal\]."),
        ({"task-0": 1.0}, r"got {'task-0': 1.0} \(dict\)"),
        ([], "expected at least one proposal, got none"),
        ([None], "expected a Proposal, got None. Did you forget 'return'?"),
        ([proposal([("task-0", 1.0)])], "expected a mixture of task names to shares"),
        ([proposal({"task-0": 0.5, "task-1": 0.4})], "shares sum to 0.9; they must sum to 1."),
        ([proposal({"task-0": float("nan")})], "share of 'task-0' is nan; expected a finite"),
        ([proposal({"task-0": 1.5, "task-1": -0.5})], "share of 'task-1' is -0.5"),
        ([proposal({"task-0": 1.0, "task-1": 0.0})], "Leave out tasks without a share"),
        ([proposal({"task-0": True})], r"share of 'task-0' is True \(bool\)"),
        ([proposal({"task-0": "1"})], r"share of 'task-0' is '1' \(str\)"),
        ([proposal({"tsk-3": 1.0})], "share for 'tsk-3', not a candidate. Nearest: task-3"),
        ([proposal({3: 1.0})], "share for 3, not a candidate"),
        ([proposal({}, "")], "reason is ''; expected one line"),
        ([proposal({}, "two\nlines")], "expected one line that says why"),
        ([proposal({}, None)], "reason is None"),
        ([proposal({f"task-{n}": 1.0}) for n in range(4)], "4 proposals; at most 3"),
    ],
)
def test_what_is_wrong_is_said(answer: object, message: str) -> None:
    with pytest.raises(InvalidProposalError, match=message):
        check_proposals(answer, VIEW)


def test_messages_name_the_policy_and_the_round() -> None:
    with pytest.raises(InvalidProposalError, match=r"^MyPolicy, round 2: expected a list"):
        check_proposals(None, VIEW, policy="MyPolicy")
    with pytest.raises(InvalidProposalError, match=r"^expected a list"):
        check_proposals(None, VIEW)


def test_long_values_are_cut() -> None:
    with pytest.raises(InvalidProposalError) as caught:
        check_proposals("x" * 10_000, VIEW)
    assert len(str(caught.value)) < 200


def test_numpy_scalars_become_floats() -> None:
    (checked,) = check_proposals([proposal({"task-0": np.float32(1.0)})], VIEW)
    assert type(checked.mixture["task-0"]) is float


def test_thirds_in_single_precision_sum_to_one() -> None:
    thirds = dict.fromkeys(("task-0", "task-1", "task-2"), np.float32(1 / 3))
    assert len(check_proposals((proposal(thirds),), VIEW)) == 1


def test_equal_mixtures_are_merged_and_the_first_is_kept() -> None:
    answer = [
        proposal({"task-0": 0.5, "task-1": 0.5}, "first"),
        proposal({"task-1": 0.5, "task-0": 0.5}, "again"),
        proposal({}),
        proposal({}),
    ]
    checked = check_proposals(answer, VIEW)
    assert [dict(p.mixture) for p in checked] == [{"task-0": 0.5, "task-1": 0.5}, {}]
    assert checked[0].reason == "first"
