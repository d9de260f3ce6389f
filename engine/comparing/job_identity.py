"""When two jobs are the same work, whoever's campaign asks for it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from engine.campaign.spec import Campaign
from engine.training.jobs import Job
from tasks import Pool

_NOT_THE_WORK = frozenset({"key", "attempt", "deadline_s"})
"""Fields of a job that no result depends on."""


def setting_identity(campaign: Campaign, pool: Pool) -> str:
    """Sha256 of all beside a job that its result depends on: model, data, targets, seed."""
    return _hash(
        {
            "model": campaign.model,
            "max_length": campaign.max_length,
            "precision": campaign.precision,
            "targets": _plain(campaign.targets),
            "seed": campaign.seed,
            # In the pool's order: heads and prefixes are made in it.
            "tasks": [[name, task.fingerprint] for name, task in pool.items()],
        }
    )


def job_identity(job: Job, setting: str) -> str:
    """Sha256 of a job's content, with that of its setting."""
    content = {
        field.name: _plain(getattr(job, field.name))
        for field in dataclasses.fields(job)
        if field.name not in _NOT_THE_WORK
    }
    return _hash({"setting": setting, "work": type(job).__name__, **content})


def _plain(value: Any) -> Any:
    """As JSON, where the order of a mapping counts: data is drawn in it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [[f.name, _plain(getattr(value, f.name))] for f in dataclasses.fields(value)]
    if isinstance(value, Mapping):
        return [[key, _plain(one)] for key, one in value.items()]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def _hash(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
