"""A comparison in seconds: two policies on a small campaign, in this process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from campaign_here import ask_here

from engine.campaign.campaign_file import check_campaign, read_campaign
from engine.campaign.named_policies import named_policies
from engine.comparing.comparison import Comparison, Pairing, baselines_with
from engine.comparing.manifest import begun
from engine.comparing.running import Ask, Watching, run_comparison

SILENT = Watching(on_event=lambda *told: None, on_end=lambda *told: None)
POLICIES = "target-only,alignment"


def small_comparison(campaign_file: Path, out: Path, *, policies: str = POLICIES) -> Comparison:
    """Of the campaign's own target with seed 0."""
    campaign, _ = read_campaign(campaign_file)
    named = named_policies(policies)
    return Comparison(
        campaign=campaign,
        policies=named,
        targets=tuple(campaign.targets),
        seeds=(0,),
        baselines=baselines_with(named),
        path=out,
    )


def compare_here(
    campaign_file: Path,
    comparison: Comparison,
    *,
    ask: Ask = ask_here,
    watching: Watching = SILENT,
) -> None:
    """Run or go on with it to its end."""
    campaign, document = read_campaign(campaign_file)
    checked = {
        target: check_campaign(replace(campaign, target=target), document)
        for target in comparison.targets
    }
    run_comparison(begun(comparison), checked, watching, ask=ask)


def only_pairing(comparison: Comparison) -> Pairing:
    (pairing,) = comparison.pairings()
    return pairing
