"""Policies: what to train on next. Plain numpy data in, plain data out; no model, no text."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.bandits.exp3 import Exp3 as Exp3
    from policies.bandits.sweep import Sweep as Sweep
    from policies.bandits.thompson import Thompson as Thompson
    from policies.bandits.top_two import TopTwo as TopTwo
    from policies.bandits.ucb1 import Ucb1 as Ucb1
    from policies.baselines.proportional import Proportional as Proportional
    from policies.baselines.random_k import RandomK as RandomK
    from policies.baselines.same_family import SameFamily as SameFamily
    from policies.baselines.source_effect import SourceEffect as SourceEffect
    from policies.baselines.target_only import TargetOnly as TargetOnly
    from policies.baselines.temperature import Temperature as Temperature
    from policies.baselines.uniform import Uniform as Uniform
    from policies.by_signal.a_mtrl import AMtrl as AMtrl
    from policies.by_signal.alignment import Alignment as Alignment
    from policies.by_signal.compass import Compass as Compass
    from policies.by_signal.groups import Groups as Groups
    from policies.by_signal.lasso import Lasso as Lasso
    from policies.by_signal.text import Text as Text
    from policies.curricula.easy_to_hard import EasyToHard as EasyToHard
    from policies.curricula.learning_progress import LearningProgress as LearningProgress
    from policies.curricula.scale_then_focus import ScaleThenFocus as ScaleThenFocus
    from policies.mixture_models.aioli import Aioli as Aioli
    from policies.mixture_models.doge import DoGE as DoGE
    from policies.mixture_models.doremi import DoReMi as DoReMi
    from policies.mixture_models.gaussian_process import (
        GaussianProcessSearch as GaussianProcessSearch,
    )
    from policies.mixture_models.log_linear import LogLinear as LogLinear
    from policies.mixture_models.odm import OnlineDataMixing as OnlineDataMixing
    from policies.mixture_models.regmix import RegMix as RegMix
    from policies.mixture_models.skill_it import SkillIt as SkillIt
    from policies.mixture_models.task_modeling import TaskModeling as TaskModeling
    from policies.navigator import Navigator as Navigator
    from policies.policy import Policy as Policy
    from policies.signals import SIGNALS as SIGNALS
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
    "AMtrl": "by_signal.a_mtrl",
    "Aioli": "mixture_models.aioli",
    "Alignment": "by_signal.alignment",
    "Candidate": "view",
    "Compass": "by_signal.compass",
    "DoGE": "mixture_models.doge",
    "DoReMi": "mixture_models.doremi",
    "EasyToHard": "curricula.easy_to_hard",
    "Exp3": "bandits.exp3",
    "GaussianProcessSearch": "mixture_models.gaussian_process",
    "Groups": "by_signal.groups",
    "InvalidProposalError": "validation",
    "Lasso": "by_signal.lasso",
    "LearningProgress": "curricula.learning_progress",
    "LogLinear": "mixture_models.log_linear",
    "Navigator": "navigator",
    "Observation": "view",
    "OnlineDataMixing": "mixture_models.odm",
    "Outcome": "view",
    "PastBranch": "view",
    "Policy": "policy",
    "Proportional": "baselines.proportional",
    "Proposal": "view",
    "RandomK": "baselines.random_k",
    "RegMix": "mixture_models.regmix",
    "Round": "view",
    "SIGNALS": "signals",
    "SameFamily": "baselines.same_family",
    "ScaleThenFocus": "curricula.scale_then_focus",
    "SkillIt": "mixture_models.skill_it",
    "SourceEffect": "baselines.source_effect",
    "Sweep": "bandits.sweep",
    "Target": "view",
    "TargetGain": "view",
    "TargetOnly": "baselines.target_only",
    "TaskModeling": "mixture_models.task_modeling",
    "Temperature": "baselines.temperature",
    "Text": "by_signal.text",
    "Thompson": "bandits.thompson",
    "TopTwo": "bandits.top_two",
    "Ucb1": "bandits.ucb1",
    "Uniform": "baselines.uniform",
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
