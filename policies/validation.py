"""The boundary check on what a policy answered, before anything is trained."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real

from policies.view import Proposal, View

_SUM_TOLERANCE = 1e-6


class InvalidProposalError(ValueError):
    """A policy answered with something that is no list of proposals for its view."""


def check_proposals(proposals: object, view: View, *, policy: str = "") -> tuple[Proposal, ...]:
    """Turn a policy's answer into plain proposals, or say what is wrong with it.

    Shares become Python floats (numpy scalars are accepted); of equal mixtures the first is kept.

    Args:
        proposals: Whatever `propose` returned.
        view: What it was asked about.
        policy: Its name, for messages; without one they name neither policy nor round, for a
            caller who puts them in front.

    Returns:
        One to `view.max_proposals` proposals with distinct mixtures.

    Raises:
        InvalidProposalError: Naming the value and what is allowed.
    """
    place = f"{policy}, round {view.round}: " if policy else ""
    distinct: dict[frozenset[tuple[str, float]], Proposal] = {}
    for proposal in _listed(proposals, place):
        checked = _checked(proposal, view, place)
        distinct.setdefault(frozenset(checked.mixture.items()), checked)
    if len(distinct) > view.max_proposals:
        raise InvalidProposalError(
            f"{place}{len(distinct)} proposals; at most {view.max_proposals} (view.max_proposals)."
        )
    return tuple(distinct.values())


def _listed(proposals: object, place: str) -> Sequence[object]:
    if proposals is None:
        raise InvalidProposalError(
            f"{place}expected a list of proposals, got None. Did you forget 'return'?"
        )
    if isinstance(proposals, Proposal):
        raise InvalidProposalError(
            f"{place}expected a list of proposals, got a single Proposal. Return [proposal]."
        )
    if not isinstance(proposals, (list, tuple)):
        raise InvalidProposalError(
            f"{place}expected a list of proposals, got {_kind(proposals)}. "
            "Return a list or tuple of Proposal."
        )
    if not proposals:
        raise InvalidProposalError(
            f"{place}expected at least one proposal, got none. "
            "To train the target alone, propose an empty mixture."
        )
    return proposals


def _checked(proposal: object, view: View, place: str) -> Proposal:
    if not isinstance(proposal, Proposal):
        hint = " Did you forget 'return'?" if proposal is None else ""
        raise InvalidProposalError(f"{place}expected a Proposal, got {_kind(proposal)}.{hint}")
    if not isinstance(proposal.mixture, Mapping):
        raise InvalidProposalError(
            f"{place}expected a mixture of task names to shares, got {_kind(proposal.mixture)}."
        )
    _check_names(proposal.mixture, view, place)
    mixture = {str(task): _share(task, share, place) for task, share in proposal.mixture.items()}
    total = math.fsum(mixture.values())
    if mixture and abs(total - 1) > _SUM_TOLERANCE:
        raise InvalidProposalError(f"{place}shares sum to {total:.9g}; they must sum to 1.")
    return Proposal(mixture=mixture, reason=_reason(proposal.reason, place))


def _check_names(tasks: Iterable[object], view: View, place: str) -> None:
    names = {candidate.name for candidate in view.candidates}
    for task in tasks:
        if task not in names:
            near = difflib.get_close_matches(str(task), sorted(names), n=3) or sorted(names)[:3]
            raise InvalidProposalError(
                f"{place}share for {_cut(task)}, not a candidate. Nearest: {', '.join(near)}."
            )


def _share(task: object, share: object, place: str) -> float:
    # A bool is a number in Python, and never meant as a share.
    if isinstance(share, bool) or not isinstance(share, Real):
        raise InvalidProposalError(
            f"{place}share of {task!r} is {_kind(share)}; expected a finite number above 0."
        )
    value = float(share)
    if not (math.isfinite(value) and value > 0):
        raise InvalidProposalError(
            f"{place}share of {task!r} is {value:g}; expected a finite number above 0. "
            "Leave out tasks without a share."
        )
    return value


def _reason(reason: object, place: str) -> str:
    if not isinstance(reason, str) or not reason.strip() or len(reason.splitlines()) > 1:
        raise InvalidProposalError(
            f"{place}reason is {_cut(reason)}; expected one line that says why."
        )
    return reason


def _kind(value: object) -> str:
    return "None" if value is None else f"{_cut(value)} ({type(value).__name__})"


def _cut(value: object, at_most: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= at_most else text[: at_most - 1] + "…"
