"""What a replayed campaign asks of a table, whatever kind of table it is."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from engine.replay.random_search import RandomSearch
from policies import View

PROBE_TOKENS = 1_000
"""What a probe of one task costs in the views and outcomes: one pass over its examples."""

How = Literal["recorded", "again", "assumed", "surrogate"]
"""A result not yet drawn; one drawn before, as no other was left; worked out; predicted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the table says of a mixture."""

    mixture: Mapping[str, float]
    """The mixture that was answered, which is the recorded one nearest to that asked for."""
    gain: float
    se: float
    metric_gain: float
    """In the table's own unit, higher is better."""
    how: How


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """How good the mixture is that a campaign ended with, by all that was recorded."""

    regret: float
    """What is lost against the best, in the world's unit; see `World.regret_unit`."""
    ndcg: float | None
    """Of the order in which tasks were picked; None where no task has a result of its own."""
    harmful: float | None
    """Share of the picks that do harm; None where nothing says what the target alone gives."""
    gain: float
    """Its true gain, in the unit of the probes' gains."""


class Recording(Protocol):
    """The table's side of one campaign: it remembers what was drawn."""

    def answer(self, mixture: Mapping[str, float]) -> Answer:
        """Draw a result for a mixture; the empty one is the target alone."""
        ...

    def judge(self, mixture: Mapping[str, float], picks: Sequence[str]) -> Verdict:
        """Of the mixture that the campaign ends with; `picks` are its tasks, best first."""
        ...


class RecordedTarget(Protocol):
    """One target of a table."""

    @property
    def name(self) -> str: ...

    @property
    def view(self) -> View:
        """What is known of it before the first probe; history and budget are filled in later."""
        ...

    @property
    def tested(self) -> int | None:
        """Tasks that a probed mixture must hold; None: any number."""
        ...

    @property
    def kept(self) -> int | None:
        """Tasks that the final mixture must hold; None: any number."""
        ...

    def price(self, mixture: Mapping[str, float]) -> int:
        """Probes that a test of the mixture costs: 1 to its number of tasks."""
        ...

    def random_search(self) -> RandomSearch:
        """The comparison that draws from what is recorded."""
        ...

    def start(self, campaign: int) -> Recording:
        """Begin campaign number `campaign`: the same draws for whatever policy asks."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """All targets of a table, ready to be replayed."""

    targets: tuple[RecordedTarget, ...]
    regret_unit: str
    """E.g. "% of the best"."""
    regret_factor: float = 1.0
    """From `Verdict.regret` to that unit."""
    assumptions: tuple[str, ...] = ()
    """What a reader of the results must know about how probes were answered, a sentence each."""

    def target(self, name: str) -> RecordedTarget:
        """By name; it must be there."""
        return next(target for target in self.targets if target.name == name)


def draws(*key: object) -> np.random.Generator:
    """Randomness that is a function of `key` alone, in every process."""
    return np.random.default_rng([zlib.crc32(repr(part).encode()) for part in key])
