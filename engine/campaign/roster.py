"""Who takes part: candidates and targets as decisions see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.campaign.spec import Campaign
from policies import Candidate, Target
from tasks import Pool


@dataclass(frozen=True, kw_only=True, slots=True)
class Roster:
    """The tasks of a campaign, in the pool's order, without their scores."""

    names: tuple[str, ...]
    """Every task of the pool, the row order of prefix vectors and affinities."""
    candidates: tuple[Candidate, ...]
    targets: tuple[Target, ...]
    tokens: Mapping[str, float]
    """task -> tokens per training example; 1.0 until the warm-up has counted them."""

    @property
    def tokens_per_target(self) -> float:
        """Mean over the targets, as a step draws them: equally often."""
        return sum(self.tokens[target.name] for target in self.targets) / len(self.targets)

    def tokens_per_candidate(self, mixture: Mapping[str, float]) -> float:
        """Mean over a mixture; 0 for the empty one."""
        return sum(share * self.tokens[name] for name, share in mixture.items())

    def proportional(self, *, cap: int, with_targets: bool = False) -> dict[str, float]:
        """Examples-proportional shares, each task counted with at most `cap` examples.

        Source: T5 (arXiv:1910.10683) section 3.5.2; CompassMTL (arXiv:2210.06277) section 4.
        """
        members: list[Candidate | Target] = [*self.candidates]
        members += self.targets if with_targets else ()
        sizes = {member.name: min(member.num_examples, cap) for member in members}
        total = sum(sizes.values())
        return {name: size / total for name, size in sizes.items()}


def roster_of(campaign: Campaign, pool: Pool) -> Roster:
    """Candidates are all tasks of the pool but the targets."""
    weights = campaign.targets
    return Roster(
        names=tuple(pool),
        candidates=tuple(
            Candidate(
                name=task.name,
                family=task.family,
                num_examples=len(task.train),
                tokens_per_example=1.0,
            )
            for task in pool.values()
            if task.name not in weights
        ),
        targets=tuple(
            Target(
                name=name,
                family=pool[name].family,
                num_examples=len(pool[name].train),
                weight=weight,
            )
            for name, weight in weights.items()
        ),
        tokens=dict.fromkeys(pool, 1.0),
    )


def with_tokens(roster: Roster, tokens: Mapping[str, float]) -> Roster:
    """The roster once the warm-up has counted how long examples are."""
    return replace(
        roster,
        tokens=dict(tokens),
        candidates=tuple(
            replace(candidate, tokens_per_example=tokens[candidate.name])
            for candidate in roster.candidates
        ),
    )


def without(roster: Roster, withdrawn: frozenset[str]) -> Roster:
    """The roster after some candidates were withdrawn."""
    return replace(
        roster, candidates=tuple(c for c in roster.candidates if c.name not in withdrawn)
    )
