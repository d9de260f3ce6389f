"""Policies: what to train on next. Plain numpy data in, plain data out; no model, no text."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.alignment import Alignment as Alignment
    from policies.compass import Compass as Compass
    from policies.navigator import Navigator as Navigator
    from policies.policy import Policy as Policy
    from policies.proportional import Proportional as Proportional
    from policies.signals import SIGNALS as SIGNALS
    from policies.target_only import TargetOnly as TargetOnly
    from policies.validation import InvalidProposalError as InvalidProposalError
    from policies.validation import check_proposals as check_proposals
    from policies.view import Candidate as Candidate
    from policies.view import Observation as Observation
    from policies.view import Outcome as Outcome
    from policies.view import PastBranch as PastBranch
    from policies.view import Proposal as Proposal
    from policies.view import Round as Round
    from policies.view import Target as Target
    from policies.view import TargetGain as TargetGain
    from policies.view import View as View

_HOMES = {
    "Alignment": "alignment",
    "Candidate": "view",
    "Compass": "compass",
    "InvalidProposalError": "validation",
    "Navigator": "navigator",
    "Observation": "view",
    "Outcome": "view",
    "PastBranch": "view",
    "Policy": "policy",
    "Proportional": "proportional",
    "Proposal": "view",
    "Round": "view",
    "SIGNALS": "signals",
    "Target": "view",
    "TargetGain": "view",
    "TargetOnly": "target_only",
    "View": "view",
    "check_proposals": "validation",
}

__all__ = [
    "SIGNALS",
    "Alignment",
    "Candidate",
    "Compass",
    "InvalidProposalError",
    "Navigator",
    "Observation",
    "Outcome",
    "PastBranch",
    "Policy",
    "Proportional",
    "Proposal",
    "Round",
    "Target",
    "TargetGain",
    "TargetOnly",
    "View",
    "check_proposals",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
