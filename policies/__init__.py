"""Policies: what to train on next. Plain numpy data in, plain data out; no model, no text."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.a_mtrl import AMtrl as AMtrl
    from policies.aioli import Aioli as Aioli
    from policies.alignment import Alignment as Alignment
    from policies.compass import Compass as Compass
    from policies.doge import DoGE as DoGE
    from policies.doremi import DoReMi as DoReMi
    from policies.easy_to_hard import EasyToHard as EasyToHard
    from policies.exp3 import Exp3 as Exp3
    from policies.gaussian_process import GaussianProcessSearch as GaussianProcessSearch
    from policies.groups import Groups as Groups
    from policies.lasso import Lasso as Lasso
    from policies.learning_progress import LearningProgress as LearningProgress
    from policies.log_linear import LogLinear as LogLinear
    from policies.navigator import Navigator as Navigator
    from policies.odm import OnlineDataMixing as OnlineDataMixing
    from policies.policy import Policy as Policy
    from policies.proportional import Proportional as Proportional
    from policies.random_k import RandomK as RandomK
    from policies.regmix import RegMix as RegMix
    from policies.same_family import SameFamily as SameFamily
    from policies.scale_then_focus import ScaleThenFocus as ScaleThenFocus
    from policies.signals import SIGNALS as SIGNALS
    from policies.skill_it import SkillIt as SkillIt
    from policies.source_effect import SourceEffect as SourceEffect
    from policies.sweep import Sweep as Sweep
    from policies.target_only import TargetOnly as TargetOnly
    from policies.task_modeling import TaskModeling as TaskModeling
    from policies.temperature import Temperature as Temperature
    from policies.text import Text as Text
    from policies.thompson import Thompson as Thompson
    from policies.top_two import TopTwo as TopTwo
    from policies.ucb1 import Ucb1 as Ucb1
    from policies.uniform import Uniform as Uniform
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
    "AMtrl": "a_mtrl",
    "Aioli": "aioli",
    "Alignment": "alignment",
    "Candidate": "view",
    "Compass": "compass",
    "DoGE": "doge",
    "DoReMi": "doremi",
    "EasyToHard": "easy_to_hard",
    "Exp3": "exp3",
    "GaussianProcessSearch": "gaussian_process",
    "Groups": "groups",
    "InvalidProposalError": "validation",
    "Lasso": "lasso",
    "LearningProgress": "learning_progress",
    "LogLinear": "log_linear",
    "Navigator": "navigator",
    "Observation": "view",
    "OnlineDataMixing": "odm",
    "Outcome": "view",
    "PastBranch": "view",
    "Policy": "policy",
    "Proportional": "proportional",
    "Proposal": "view",
    "RandomK": "random_k",
    "RegMix": "regmix",
    "Round": "view",
    "SIGNALS": "signals",
    "SameFamily": "same_family",
    "ScaleThenFocus": "scale_then_focus",
    "SkillIt": "skill_it",
    "SourceEffect": "source_effect",
    "Sweep": "sweep",
    "Target": "view",
    "TargetGain": "view",
    "TargetOnly": "target_only",
    "TaskModeling": "task_modeling",
    "Temperature": "temperature",
    "Text": "text",
    "Thompson": "thompson",
    "TopTwo": "top_two",
    "Ucb1": "ucb1",
    "Uniform": "uniform",
    "View": "view",
    "check_proposals": "validation",
}

__all__ = [
    "SIGNALS",
    "AMtrl",
    "Aioli",
    "Alignment",
    "Candidate",
    "Compass",
    "DoGE",
    "DoReMi",
    "EasyToHard",
    "Exp3",
    "GaussianProcessSearch",
    "Groups",
    "InvalidProposalError",
    "Lasso",
    "LearningProgress",
    "LogLinear",
    "Navigator",
    "Observation",
    "OnlineDataMixing",
    "Outcome",
    "PastBranch",
    "Policy",
    "Proportional",
    "Proposal",
    "RandomK",
    "RegMix",
    "Round",
    "SameFamily",
    "ScaleThenFocus",
    "SkillIt",
    "SourceEffect",
    "Sweep",
    "Target",
    "TargetGain",
    "TargetOnly",
    "TaskModeling",
    "Temperature",
    "Text",
    "Thompson",
    "TopTwo",
    "Ucb1",
    "Uniform",
    "View",
    "check_proposals",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
