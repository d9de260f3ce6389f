"""A policy is asked round by round on a table, as a real campaign would ask it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from made_tables import SEEDS, mixture_world, pair_target, pair_world

from engine.campaign.policy_process import PolicyFailedError
from engine.replay.campaign import Row, play
from engine.replay.opening import Opening
from engine.replay.player import Player
from engine.replay.recorded import PROBE_TOKENS, RecordedTarget, World
from engine.replay.replaying import Settings, replay
from policies import Proposal, TargetOnly, View


@dataclass(frozen=True)
class Listens:
    """Answers by a function of the view and keeps all views that it was asked about."""

    answer: Callable[[View], list[dict[str, float]]]
    heard: list[View] = field(default_factory=list)
    needs: frozenset[str] = frozenset()

    def propose(self, view: View, rng: np.random.Generator) -> Sequence[Proposal]:
        del rng
        self.heard.append(view)
        return [Proposal(mixture=mixture, reason="asked for") for mixture in self.answer(view)]


def _played(policy: Listens, target: RecordedTarget, *, budget: int, proposals: int = 1) -> Row:
    player = Player(name="listens", policy=policy, target=target.name, campaign=0)
    return play(player, target, budget=budget, proposals=proposals)


def test_every_probe_is_charged_and_then_the_mixture_is_frozen(tmp_path: Path) -> None:
    policy = Listens(lambda view: [{"north": 1.0}])
    row = _played(policy, pair_target(pair_world(tmp_path), "red"), budget=3)
    tests, frozen = policy.heard[:3], policy.heard[3:]
    assert [view.rounds_left for view in tests] == [3, 2, 1]
    assert [view.budget_left for view in tests] == [
        3 * PROBE_TOKENS,
        2 * PROBE_TOKENS,
        PROBE_TOKENS,
    ]
    assert [view.round for view in policy.heard] == [0, 1, 2, *[3] * len(frozen)]
    assert {(view.rounds_left, view.budget_left) for view in frozen} == {(0, 0)}
    assert {view.exactly for view in tests} == {1}
    assert {view.kept for view in tests} == {2}
    assert frozen[-1].exactly == 2
    assert row.rounds == 3
    assert row.again == 0


def test_history_shows_each_probe_as_a_closed_round(tmp_path: Path) -> None:
    target = pair_target(pair_world(tmp_path), "red")
    policy = Listens(lambda view: [{"north": 1.0}])
    _played(policy, target, budget=len(SEEDS))
    history = policy.heard[-1].history
    assert [closed.number for closed in history] == [0, 1, 2, 3]
    seen = [closed.observations[0] for closed in history]
    assert {one.outcome.cost for one in seen} == {PROBE_TOKENS}
    assert {one.outcome.status for one in seen} == {"finished"}
    assert sorted(one.outcome.gain or 0.0 for one in seen) == pytest.approx(
        sorted(target.gains["north"])
    )
    for one in seen:
        assert one.proposal.reason == "asked for"
        assert one.outcome.targets["red"].gain == one.outcome.gain
        assert one.outcome.targets["red"].se == one.outcome.se == target.se


def test_a_round_tests_what_is_proposed_until_the_budget_is_spent(tmp_path: Path) -> None:
    policy = Listens(
        lambda view: [{"north": 1.0}, {"south": 1.0}, {"east": 1.0}][: view.max_proposals]
    )
    row = _played(policy, pair_target(pair_world(tmp_path), "red"), budget=5, proposals=3)
    assert [view.max_proposals for view in policy.heard[:2]] == [3, 2]
    assert [view.rounds_left for view in policy.heard[:2]] == [2, 1]
    tested = [len(closed.observations) for closed in policy.heard[-1].history]
    assert tested == [3, 2]
    assert row.rounds == 2


def test_proposals_that_are_one_after_cutting_are_tested_once(tmp_path: Path) -> None:
    policy = Listens(
        lambda view: [{"north": 0.6, "east": 0.4}, {"north": 0.9, "east": 0.1}][
            : view.max_proposals
        ]
    )
    _played(policy, pair_target(pair_world(tmp_path), "red"), budget=2, proposals=2)
    assert [len(closed.observations) for closed in policy.heard[-1].history] == [1, 1]


def test_a_set_costs_a_probe_for_each_source_and_the_last_is_cut_to_what_is_left(
    tmp_path: Path,
) -> None:
    world = pair_world(tmp_path, Opening(pick=2, probe_size=None))
    policy = Listens(lambda view: [{"north": 0.5, "east": 0.3, "south": 0.2}])
    row = _played(policy, pair_target(world, "red"), budget=5)
    seen = [closed.observations[0] for closed in policy.heard[-1].history]
    assert [one.outcome.cost for one in seen] == [3 * PROBE_TOKENS, 2 * PROBE_TOKENS]
    assert seen[1].proposal.mixture == pytest.approx({"north": 0.625, "east": 0.375})
    assert row.assumed == 2
    assert policy.heard[0].exactly is None


def test_what_is_proposed_beyond_the_budget_is_not_tested(tmp_path: Path) -> None:
    world = pair_world(tmp_path, Opening(pick=2, probe_size=None))
    three = [{"north": 0.5, "east": 0.5}, {"south": 0.6, "east": 0.4}, {"blue": 1.0}]
    policy = Listens(lambda view: three[: view.max_proposals])
    row = _played(policy, pair_target(world, "red"), budget=3, proposals=3)
    tested = [dict(one.proposal.mixture) for one in policy.heard[-1].history[0].observations]
    assert tested == [{"north": 0.5, "east": 0.5}, {"south": 1.0}]
    assert row.rounds == 1


def test_probes_that_repeat_a_result_are_counted(tmp_path: Path) -> None:
    policy = Listens(lambda view: [{"north": 1.0}])
    row = _played(policy, pair_target(pair_world(tmp_path), "red"), budget=len(SEEDS) + 2)
    assert row.again == 2


def test_picks_are_in_the_order_in_which_fewer_would_be_kept(tmp_path: Path) -> None:
    order = ["south", "east", "north"]

    def answer(view: View) -> list[dict[str, float]]:
        kept = order[: view.exactly]
        return [dict.fromkeys(sorted(kept), 1 / len(kept))]

    world = pair_world(tmp_path, Opening(pick=3))
    row = _played(Listens(answer), pair_target(world, "red"), budget=0)
    assert row.picks == ("south", "east", "north")
    assert row.shares == pytest.approx((1 / 3,) * 3)
    assert row.filled == 0


def test_a_policy_that_keeps_nothing_has_its_picks_drawn_and_counted(tmp_path: Path) -> None:
    world = pair_world(tmp_path)
    rows = replay(world, TargetOnly(), Settings(budgets=(0,), campaigns=30), name="target-only")
    assert {row.filled for row in rows} == {2}
    assert {name for row in rows for name in row.picks} == {
        "red", "blue", "green", "north", "south", "east",
    }  # fmt: skip


def test_one_policy_that_looks_at_the_draws_of_another_sees_the_same(tmp_path: Path) -> None:
    """Common random numbers: a pair's results come in one order, whoever asks and when."""
    target = pair_target(pair_world(tmp_path), "red")
    first = Listens(lambda view: [{"north": 1.0}])
    second = Listens(lambda view: [{"south" if view.round % 2 else "north": 1.0}])
    _played(first, target, budget=2)
    _played(second, target, budget=4)

    def gains(policy: Listens) -> list[float | None]:
        return [
            one.outcome.gain
            for closed in policy.heard[-1].history
            for one in closed.observations
            if "north" in one.proposal.mixture
        ]

    assert gains(first) == gains(second)


def test_the_whole_replay_repeats_itself(tmp_path: Path) -> None:
    world = pair_world(tmp_path)
    settings = Settings(budgets=(0, 3), campaigns=3)
    assert replay(world, TargetOnly(), settings) == replay(world, TargetOnly(), settings)
    chancy = pair_target(world, "red").random_search()
    alone = World(targets=world.targets[:1], regret_unit=world.regret_unit)
    rows = replay(alone, chancy, Settings(budgets=(2,), campaigns=12))
    assert rows == replay(alone, chancy, Settings(budgets=(2,), campaigns=12))
    assert len({row.picks for row in rows}) > 3


def test_rows_come_by_target_budget_and_campaign(tmp_path: Path) -> None:
    rows = replay(pair_world(tmp_path), TargetOnly(), Settings(budgets=(2, 0), campaigns=2))
    keys = [(row.target, row.budget, row.campaign) for row in rows]
    assert keys == [
        (target, budget, campaign)
        for target in ("red", "blue", "green")
        for budget in (2, 0)
        for campaign in (0, 1)
    ]


def test_a_policy_that_fails_is_named_with_target_and_round(tmp_path: Path) -> None:
    target = pair_target(pair_world(tmp_path), "blue")
    broken = Listens(lambda view: [{"north": 1 / (1 - view.round)}])
    with pytest.raises(PolicyFailedError, match=r"'listens', target 'blue', round 1: ZeroDivision"):
        _played(broken, target, budget=2)
    nonsense = Listens(lambda view: [{"nort": 1.0}])
    with pytest.raises(PolicyFailedError, match=r"round 0: share for 'nort'.*Nearest: north"):
        _played(nonsense, target, budget=2)


def test_a_mixture_table_leaves_size_and_shares_to_the_policy(tmp_path: Path) -> None:
    policy = Listens(lambda view: [{"a": 0.9, "b": 0.1}])
    row = _played(policy, mixture_world(tmp_path).target("far"), budget=2)
    assert {view.exactly for view in policy.heard} == {None}
    seen = [closed.observations[0] for closed in policy.heard[-1].history]
    assert [dict(one.proposal.mixture) for one in seen] == [{"a": 1.0}, {"a": 0.5, "b": 0.5}]
    assert {one.outcome.cost for one in seen} == {PROBE_TOKENS}
    assert row.picks == ("a", "b")
    assert row.shares == (0.9, 0.1)


def test_a_policy_that_exits_has_failed(tmp_path: Path) -> None:
    def exits(view: View) -> list[dict[str, float]]:
        raise SystemExit(0)

    with pytest.raises(PolicyFailedError, match=r"'listens', target 'red', round 0: SystemExit: 0"):
        _played(Listens(exits), pair_target(pair_world(tmp_path), "red"), budget=1)
