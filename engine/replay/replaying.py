"""Many campaigns on a world: over targets, budgets and repetitions, in one process or several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import product
from multiprocessing import active_children, get_context

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from engine.campaign.named_policies import NamedPolicy
from engine.campaign.policy_process import PolicyFailedError
from engine.replay.campaign import Row, play
from engine.replay.player import Player
from engine.replay.random_search import NAME as RANDOM_SEARCH
from engine.replay.recorded import RecordedTarget, World
from policies import Policy

OnCampaigns = Callable[[int], None]
"""Told how many more campaigns are done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How much is replayed."""

    budgets: tuple[int, ...] = (0, 5, 10, 21, 42)
    """Probes; a campaign of its own for each, since a policy may plan by what it has left."""
    campaigns: int = 20
    """Repetitions for each target and budget, each with other draws."""
    proposals: int = 1
    """Most that a round tests side by side."""


_Part = tuple[NamedPolicy, RecordedTarget, int, Settings]
"""The campaigns of a policy on a target at a budget: what a worker does in one go."""


def replay(world: World, policy: Policy, settings: Settings, *, name: str = "policy") -> list[Row]:
    """Replay one policy object in this process.

    Returns:
        A row for each target, budget and campaign, in that order.

    Raises:
        PolicyFailedError: If the policy raises or answers nonsense.
    """
    return [
        row
        for target, budget in product(world.targets, settings.budgets)
        for row in _campaigns(policy, name, target, budget, settings)
    ]


def replay_all(
    world: World,
    policies: Sequence[NamedPolicy],
    settings: Settings,
    *,
    workers: int = 1,
    on_campaigns: OnCampaigns | None = None,
) -> list[Row]:
    """Replay several policies; the rows are the same whatever the number of workers.

    Raises:
        PolicyFailedError, PluginError: From the first campaigns that fail.
    """
    parts = [
        (named, target, budget, settings)
        for named, target, budget in product(policies, world.targets, settings.budgets)
    ]
    told = on_campaigns or (lambda number: None)
    if workers == 1:
        return _collected(map(_loaded_campaigns, parts), told)
    return _collected(_in_processes(parts, workers), told)


def _in_processes(parts: Sequence[_Part], workers: int) -> Iterator[list[Row]]:
    """The parts' rows, in order; on any error nothing is left running."""
    others = active_children()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            # Not by `map`: it cancels on an error, which a pool whose workers are ended trips over.
            for done in [pool.submit(_loaded_campaigns, part) for part in parts]:
                yield done.result()
        except BaseException as error:
            for process in set(active_children()) - set(others):
                process.kill()
            if isinstance(error, BrokenProcessPool):
                raise PolicyFailedError("A policy ended the process that asked it.") from error
            raise


def _collected(done: Iterable[list[Row]], told: OnCampaigns) -> list[Row]:
    rows: list[Row] = []
    for part in done:
        rows += part
        told(len(part))
    return rows


def _loaded_campaigns(part: _Part) -> list[Row]:
    named, target, budget, settings = part
    own = named.policy == RANDOM_SEARCH
    policy = target.random_search() if own else named.load()
    return _campaigns(policy, named.name, target, budget, settings)


def _campaigns(
    policy: Policy, name: str, target: RecordedTarget, budget: int, settings: Settings
) -> list[Row]:
    # One thread: small matrices gain nothing from more, and sums must not depend on their number.
    with threadpool_limits(1):
        return [
            play(
                Player(name=name, policy=policy, target=target.name, campaign=campaign),
                target,
                budget=budget,
                proposals=settings.proposals,
            )
            for campaign in range(settings.campaigns)
        ]
