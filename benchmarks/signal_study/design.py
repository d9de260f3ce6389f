"""Which tasks the study is about, and how each seed's checkpoint and branches are trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from engine.campaign.schedule import WARM_UP, round_jobs
from engine.campaign.seeds import Stream, seed_for
from engine.campaign.spec import Campaign, ExecutorChoice, Rounds, WarmUp
from engine.ledger.records import MixtureLine
from engine.training.jobs import BranchJob, WarmUpJob
from tasks import load_all_yaml

REPOSITORY: Final = Path(__file__).parents[2]
SUITE: Final = REPOSITORY.parent / "shared" / "data" / "suite"
CARDS: Final = REPOSITORY / "examples" / "suite" / "cards"

TARGETS: Final = (
    "rotten_tomatoes",
    "tweet_emotion",
    "trec",
    "tweet_sentiment",
    "emobank_valence",
    "tweet_offensive",
)
"""Each is a candidate for the others too, with its few training examples."""

OTHERS: Final = (
    "sst2",
    "customer_reviews",
    "goemotions_ekman",
    "hate_davidson",
    "snli",
    "clinc150",
    "decoy_reviews_shuffled",
    "decoy_captions_shuffled",
)

TASKS: Final = tuple(sorted((*TARGETS, *OTHERS)))
"""In the order of the cards that are written, which is that of prefix vectors."""

FEW: Final = {"train": 200, "validation": 300, "test": 1000}
"""Rows of a target. Half of its validation rows calibrate, and a signal may read the other half;
gains are read from test rows, of which no signal has seen any."""

MAPPED: Final = 32
"""Training examples of each task that the warm-up looks at for its data map."""


def write_cards(path: Path) -> None:
    """The suite's cards of these tasks, the targets' with their rows capped."""
    cards: dict[str, dict[str, Any]] = {
        document.data["name"]: document.data
        for file in sorted(CARDS.glob("*.yaml"))
        for document in load_all_yaml(file)
    }
    for target in TARGETS:
        cards[target] = {**cards[target], "max_rows": FEW}
    path.write_text(yaml.safe_dump_all([cards[name] for name in TASKS], sort_keys=False))


def campaign(cards: Path, *, seed: int, targets: tuple[str, ...] = TARGETS) -> Campaign:
    """What a workbench must know; one target for its branches, all for warm-up and signals."""
    return Campaign(
        name="signal-study",
        target=dict.fromkeys(targets, 1.0),
        pool=(str(cards),),
        data=str(SUITE),
        max_length=64,
        precision="bfloat16",
        seed=seed,
        budget_tokens=1,  # nothing here looks at it
        warm_up=WarmUp(steps=60, batch=32, learning_rate=1e-4),
        rounds=Rounds(steps=20, target_batch=16, candidate_batch=16, learning_rate=2e-4),
        executor=ExecutorChoice(name="local", threads=1),
    )


def warm_up_job(of: Campaign) -> WarmUpJob:
    """All tasks, targets included, with equal shares."""
    plan = of.warm_up
    return WarmUpJob(
        key=WARM_UP,
        attempt=1,
        mixture=dict.fromkeys(TASKS, 1 / len(TASKS)),
        steps=plan.steps,
        batch=plan.batch,
        learning_rate=plan.learning_rate,
        prefix_learning_rate=plan.prefix_learning_rate,
        masking=plan.masking,
        masked_weight=plan.masked_weight,
        mapped=MAPPED,
        moments=True,
        seed=seed_for(of.seed, Stream.WARM_UP),
        deadline_s=of.deadline_s,
    )


def branch_jobs(of: Campaign, *, start: str) -> Mapping[str, BranchJob]:
    """A job for each candidate of the campaign's one target; "" is the control."""
    (target,) = of.targets
    candidates = [name for name in TASKS if name != target]
    lines = tuple(MixtureLine(mixture={name: 1.0}, reason="") for name in candidates)
    jobs = round_jobs(of, round_number=0, start=start, proposals=lines)
    return dict(zip(["", *candidates], jobs, strict=True))
