"""What is compared: the campaigns of a comparison, and where each of them lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from engine.campaign.named_policies import NamedPolicy
from engine.campaign.run_folder import RunFolder
from engine.campaign.spec import Campaign, PolicyChoice

FILE_NAME = "comparison.yaml"
"""In a comparison's folder: what it compares."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pairing:
    """A target and a seed: all that the campaigns compared with each other have in common."""

    target: str
    seed: int

    def __str__(self) -> str:
        return f"{self.target}, seed {self.seed}"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Every policy on every target with every seed."""

    campaign: Campaign
    """The file's; target, seed and policy of each campaign are set in its stead."""
    policies: tuple[NamedPolicy, ...]
    targets: tuple[str, ...]
    seeds: tuple[int, ...]
    baselines: str
    """Name of the policy in whose campaigns the baselines are trained."""
    path: Path

    def pairings(self) -> Iterator[Pairing]:
        """Target by target."""
        for target, seed in product(self.targets, self.seeds):
            yield Pairing(target=target, seed=seed)

    def campaign_of(self, pairing: Pairing, named: NamedPolicy) -> Campaign:
        """The ordinary campaign of a policy: what its own folder can be resumed with."""
        base = self.campaign
        return replace(
            base,
            target=pairing.target,
            seed=pairing.seed,
            policy=PolicyChoice(
                name=named.policy,
                options=named.options,
                on_error=base.policy.on_error,
                timeout_s=base.policy.timeout_s,
            ),
            finish=replace(base.finish, baselines=named.name == self.baselines),
            # What one campaign found out must not reach the next: each decides as if it were alone.
            evidence=None,
            # Many campaigns, one terminal: the comparison shows where they stand.
            report_to=tuple(name for name in base.report_to if name != "terminal"),
        )

    def folder_of(self, pairing: Pairing, named: NamedPolicy) -> RunFolder:
        """The run folder of a campaign."""
        return RunFolder(self._folder(pairing) / named.folder)

    def shared_folder(self, pairing: Pairing) -> Path:
        """Where the results lie that the campaigns of a pairing share."""
        return self._folder(pairing) / ".shared"

    def _folder(self, pairing: Pairing) -> Path:
        return self.path / pairing.target / f"seed-{pairing.seed}"


def baselines_with(policies: tuple[NamedPolicy, ...]) -> str:
    """In whose campaigns the baselines are trained, in a new comparison.

    They may spend what that campaign's selection spends. Measuring is charged, so that who asks for
    the most signals is the one who leaves them the most.
    """
    return max(policies, key=lambda one: len(one.load().needs)).name
