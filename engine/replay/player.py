"""A policy as a replayed campaign asks it."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.campaign.policy_process import PolicyFailedError
from engine.replay.fitting import fitted
from engine.replay.recorded import draws
from policies import InvalidProposalError, Policy, Proposal, View, check_proposals


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What a campaign ends with."""

    mixture: Mapping[str, float]
    picks: tuple[str, ...]
    """Its tasks, best first."""
    filled: int
    """Picks that the policy did not make: they were drawn to fill up its mixture."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Player:
    """A policy under its name, asked about one target in one campaign."""

    name: str
    policy: Policy
    target: str
    campaign: int

    def proposals(self, view: View) -> tuple[Proposal, ...]:
        """Checked, of the size that the view asks for, mixtures distinct.

        Raises:
            PolicyFailedError: Naming the policy and the question, if it raises or answers nonsense.
        """
        names, rng = [candidate.name for candidate in view.candidates], self.chance(view)
        distinct: dict[frozenset[tuple[str, float]], Proposal] = {}
        for proposal in self._answer(view):
            mixture = fitted(proposal.mixture, names, view.exactly, rng)
            distinct.setdefault(frozenset(mixture.items()), replace(proposal, mixture=mixture))
        return tuple(distinct.values())

    def choice(self, view: View) -> Choice:
        """The mixture that it freezes when no round is left.

        Which pick is the best it says by what it answers when asked for one task only, for two,
        and so on: the shares of a mixture of exactly so many tasks are equal and tell no order.

        Raises:
            PolicyFailedError: As `proposals`.
        """
        order: dict[str, None] = {}
        for size in range(1, view.exactly or 1):
            order.update(dict.fromkeys(self.proposals(replace(view, exactly=size))[0].mixture))
        mixture = self.proposals(view)[0].mixture
        order.update(dict.fromkeys(sorted(mixture, key=lambda task: -mixture[task])))
        meant = self._answer(view)[0].mixture
        picks = tuple(task for task in order if task in mixture)
        return Choice(mixture=mixture, picks=picks, filled=sum(task not in meant for task in picks))

    def chance(self, view: View) -> np.random.Generator:
        """For what is left to chance in its answer: the same for every policy."""
        return draws("fill", self.campaign, self.target, view.round)

    def _answer(self, view: View) -> tuple[Proposal, ...]:
        rng = draws("propose", self.campaign, self.target, view.round)
        try:
            return check_proposals(self.policy.propose(view, rng), view)
        except InvalidProposalError as error:
            raise self._failed(view, str(error)) from error
        except (Exception, SystemExit) as error:  # an exit must not look like success
            last = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__}: {error} ({last.filename}:{last.lineno})"
            raise self._failed(view, said) from error

    def _failed(self, view: View, said: str) -> PolicyFailedError:
        where = f"Policy {self.name!r}, target {self.target!r}, round {view.round}"
        return PolicyFailedError(f"{where}: {said}")
