"""What a campaign is: its spec, loop, ledger, model, signals, gains and report."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.campaign.delivered_model import load_delivered as load_delivered
    from engine.campaign.ray_job import in_ray_job as in_ray_job
    from engine.campaign.spec import Campaign as Campaign
    from engine.campaign.spec import ExecutorChoice as ExecutorChoice
    from engine.ledger.ledger import read_ledger as read_ledger
    from engine.training.executor import Executor as Executor
    from engine.training.executor import Setting as Setting
    from engine.training.failures import failure_of as failure_of
    from engine.training.jobs import BranchJob as BranchJob
    from engine.training.jobs import EvaluateJob as EvaluateJob
    from engine.training.jobs import Failure as Failure
    from engine.training.jobs import FailureKind as FailureKind
    from engine.training.jobs import Job as Job
    from engine.training.jobs import MeasureJob as MeasureJob
    from engine.training.jobs import Result as Result
    from engine.training.jobs import WarmUpJob as WarmUpJob

_HOMES = {
    "BranchJob": "training.jobs",
    "Campaign": "campaign.spec",
    "EvaluateJob": "training.jobs",
    "Executor": "training.executor",
    "ExecutorChoice": "campaign.spec",
    "Failure": "training.jobs",
    "FailureKind": "training.jobs",
    "Job": "training.jobs",
    "MeasureJob": "training.jobs",
    "Result": "training.jobs",
    "Setting": "training.executor",
    "WarmUpJob": "training.jobs",
    "failure_of": "training.failures",
    "in_ray_job": "campaign.ray_job",
    "load_delivered": "campaign.delivered_model",
    "read_ledger": "ledger.ledger",
}

__all__ = [
    "BranchJob",
    "Campaign",
    "EvaluateJob",
    "Executor",
    "ExecutorChoice",
    "Failure",
    "FailureKind",
    "Job",
    "MeasureJob",
    "Result",
    "Setting",
    "WarmUpJob",
    "failure_of",
    "in_ray_job",
    "load_delivered",
    "read_ledger",
]


def __getattr__(name: str) -> Any:
    # Late, so that whoever needs one name loads neither torch nor the others.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
