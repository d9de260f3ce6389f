"""Who watches a campaign, and what they are told."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.tracking.events import (
        CampaignDelivered,
        CampaignOpened,
        Event,
        JobEnded,
        Notice,
        Reporter,
        RoundClosed,
        StageStarted,
    )
    from engine.tracking.opening import open_reporters

__all__ = [
    "CampaignDelivered",
    "CampaignOpened",
    "Event",
    "JobEnded",
    "Notice",
    "Reporter",
    "RoundClosed",
    "StageStarted",
    "open_reporters",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "opening" if name == "open_reporters" else "events"
    return getattr(import_module(f"{__name__}.{home}"), name)
