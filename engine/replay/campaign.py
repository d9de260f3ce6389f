"""A campaign on a table: the policy is asked round by round, as a real one would ask it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from engine.replay.fitting import cut
from engine.replay.player import Player
from engine.replay.recorded import PROBE_TOKENS, Answer, How, RecordedTarget, Recording
from policies import Observation, Outcome, Proposal, Round, TargetGain, View


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One campaign's end: a line of replay.parquet."""

    policy: str
    target: str
    budget: int
    """Probes that the campaign could pay for."""
    campaign: int
    """Number of the repetition; equal numbers meet equal draws, whatever the policy."""
    regret: float
    ndcg: float | None
    harmful: float | None
    gain: float
    """True gain of the final mixture, in the unit of the probes' gains."""
    picks: tuple[str, ...]
    """Tasks of the final mixture, best first."""
    shares: tuple[float, ...]
    filled: int
    """Picks that the policy did not make: they were drawn to fill up its mixture."""
    rounds: int
    again: int
    """Probes that found every result drawn already, and got one a second time."""
    assumed: int
    """Probes of sets that nobody ran: worked out from the results of their members."""


def play(player: Player, target: RecordedTarget, *, budget: int, proposals: int) -> Row:
    """One campaign from its first probe to the mixture that it ends with.

    Args:
        player: Who decides.
        target: What answers.
        budget: Probes.
        proposals: Most that a round tests side by side, each at least one probe.

    Raises:
        PolicyFailedError: If the policy raises or answers nonsense.
    """
    recording = target.start(player.campaign)
    history: tuple[Round, ...] = ()
    how: Counter[How] = Counter()
    left = budget
    while left > 0:
        view = _asked(target, history, left, proposals)
        tested = _tested(player, target, recording, view, left)
        left -= sum(probes for _, _, probes in tested)
        how.update(answer.how for _, answer, _ in tested)
        history = (*history, _closed(view, tested, target.name))
    choice = player.choice(_asked(target, history, 0, proposals))
    verdict = recording.judge(choice.mixture, choice.picks)
    return Row(
        policy=player.name,
        target=target.name,
        budget=budget,
        campaign=player.campaign,
        regret=verdict.regret,
        ndcg=verdict.ndcg,
        harmful=verdict.harmful,
        gain=verdict.gain,
        picks=choice.picks,
        shares=tuple(choice.mixture[name] for name in choice.picks),
        filled=choice.filled,
        rounds=len(history),
        again=how["again"],
        assumed=how["assumed"],
    )


_Tested = tuple[Proposal, Answer, int]
"""What was tested, what the table said, and the probes that it cost."""


def _asked(target: RecordedTarget, history: tuple[Round, ...], left: int, proposals: int) -> View:
    """The next question; with nothing left, that of the final mixture."""
    return replace(
        target.view,
        history=history,
        round=len(history),
        rounds_left=-(-left // proposals),
        budget_left=left * PROBE_TOKENS,
        max_proposals=max(1, min(proposals, left)),
        exactly=target.tested if left else target.kept,
        kept=target.kept if left else None,
    )


def _tested(
    player: Player, target: RecordedTarget, recording: Recording, view: View, left: int
) -> list[_Tested]:
    """The round's proposals, until the budget is spent; the last is cut to what is left."""
    tested: list[_Tested] = []
    for proposal in player.proposals(view):
        if left > 0:
            mixture = proposal.mixture
            if target.price(mixture) > left:
                mixture = cut(mixture, left, player.chance(view))
            answer = recording.answer(mixture)
            tested.append(
                (replace(proposal, mixture=answer.mixture), answer, target.price(mixture))
            )
            left -= target.price(mixture)
    return tested


def _closed(view: View, tested: list[_Tested], target: str) -> Round:
    """The round as history shows it, as a real campaign would."""
    return Round(
        number=view.round,
        observations=tuple(
            Observation(proposal=proposal, outcome=_outcome(answer, probes, target))
            for proposal, answer, probes in tested
        ),
    )


def _outcome(answer: Answer, probes: int, target: str) -> Outcome:
    gain = TargetGain(gain=answer.gain, se=answer.se, metric_gain=answer.metric_gain)
    return Outcome(
        status="finished",
        cost=probes * PROBE_TOKENS,
        targets={target: gain},
        gain=answer.gain,
        se=answer.se,
    )
