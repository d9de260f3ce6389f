"""The example cards against the data that they describe, where a copy of it lies."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import pytest

from engine.campaign.campaign_file import read_campaign
from tasks import Example, load_pool
from tasks.cards import Card, read_cards
from tasks.posing import LabelNames, label_names, pose
from tasks.sources import read_table, split_names
from tasks.task import Kind, Split

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "suite"
SUITE = REPOSITORY.parent / "shared" / "data" / "suite"
SPLITS = get_args(Split)
KINDS: Mapping[str, Kind] = {
    "classification": "labels",
    "pair-classification": "labels",
    "multiple-choice": "options",
    "regression": "score",
}
ROWS = 50
RENAMED = {
    ("atis_intents", "flight number", "atis_flight_no"),
    ("clickbait", "clickbait", "yes"),
    ("formality", "formal", "high"),
    ("medical_question_pairs", "same question", "similar"),
    ("sms_spam", "not spam", "ham"),
    ("stac", "question elaboration", "Q_Elab"),
    ("verifiability", "verifiable from experience", "experiential"),
    ("verifiability", "verifiable otherwise", "non-experiential"),
}
"""(task, our label, the data's name for it) where another of the data's names looks nearer."""

needs_data = pytest.mark.skipif(
    not SUITE.is_dir(), reason="the suite's parquet files are not at ../shared/data/suite"
)


@cache
def cards() -> Mapping[str, Card]:
    files = sorted((EXAMPLE / "cards").glob("*.yaml"))
    return {card.name: card for file in files for card in read_cards(file)}


@cache
def facts(task: str) -> Mapping[str, Any]:
    """What the data set says of itself."""
    found: dict[str, Any] = json.loads((SUITE / task / "info.json").read_text(encoding="utf-8"))
    return found


def names_of(card: Card) -> tuple[str, ...]:
    return tuple(card.labels.values()) if isinstance(card.labels, Mapping) else tuple(card.labels)


def posed(card: Card) -> Iterator[tuple[LabelNames, Example]]:
    """The first rows of each split."""
    files = split_names(card.source, base=SUITE)
    tables = {split: read_table(card.source, getattr(files, split), base=SUITE) for split in SPLITS}
    names = label_names(card, tables["train"])
    for table in tables.values():
        for row in islice(table.rows, ROWS):
            yield names, pose(card, row, names)


def nearest_of(name: str, others: Sequence[str]) -> str:
    return max(others, key=lambda other: SequenceMatcher(None, plain(name), plain(other)).ratio())


def plain(label: str) -> str:
    return re.sub(r"[\W_]+", "", label).lower()


def test_a_card_stands_in_the_file_of_its_family() -> None:
    by_file = {
        file.stem: {card.family for card in read_cards(file)}
        for file in (EXAMPLE / "cards").glob("*.yaml")
    }
    assert by_file == {family: {family} for family in by_file}


def test_every_card_says_in_its_own_words_what_the_task_is() -> None:
    described = [card.description for card in cards().values()]
    assert all(described)
    assert len(set(described)) == len(described)


def test_only_tasks_that_answer_the_same_question_share_their_labels() -> None:
    sharing = defaultdict(set)
    for card in cards().values():
        sharing[names_of(card)].add(card.name)
    shared = [tasks for labels, tasks in sharing.items() if labels and len(tasks) > 1]
    assert sorted(map(sorted, shared)) == [
        ["absa_restaurant", "tweet_sentiment", "twitter_target_sentiment"],
        ["anli_r3", "decoy_captions_shuffled", "mnli", "sick_entailment", "snli"],
        ["cola", "function_words"],
        [
            "customer_reviews",
            "decoy_reviews_shuffled",
            "mpqa_opinion",
            "rotten_tomatoes",
            "sst2",
        ],
        ["dnc_megaveridicality", "dnc_puns"],
        ["goemotions_ekman", "meld_emotion"],
        ["med_monotonicity", "scitail"],
        ["medical_question_pairs", "qqp"],
        ["sarcasm_debate", "sarcasm_reddit"],
        ["stance_abortion", "stance_atheism", "stance_feminist", "stance_hillary"],
    ]


def test_the_campaign_names_cards_that_are_there() -> None:
    campaign, _ = read_campaign(EXAMPLE / "campaign.yaml")
    named = {card.name for entry in campaign.pool for card in read_cards(Path(entry))}
    candidates = named - set(campaign.targets) - set(campaign.exclude)
    assert set(campaign.targets) | set(campaign.exclude) <= named
    assert len(candidates) >= 30
    assert len([name for name in candidates if name.startswith("decoy_")]) >= 3


@needs_data
def test_there_is_one_card_for_each_task_of_the_data() -> None:
    tasks = {folder.name for folder in SUITE.iterdir() if folder.is_dir()}
    assert set(cards()) == tasks
    assert {card.source.folder for card in cards().values()} == tasks


@needs_data
def test_family_kind_metric_and_label_column_are_those_of_the_data() -> None:
    for name, card in cards().items():
        said = facts(name)
        expected = (said["family"], KINDS[said["kind"]], said["metric"], said["label_column"])
        assert (card.family, card.kind, card.metric, card.label) == expected, name


@needs_data
def test_labels_stand_in_the_order_of_the_data() -> None:
    told = {name: (names_of(card), facts(name)["label_names"]) for name, card in cards().items()}
    renamed = {
        (name, own, theirs)
        for name, (ours, data) in told.items()
        for own, theirs in zip(ours, data if ours else (), strict=True)
        if nearest_of(own, data) != theirs
    }
    assert renamed == RENAMED


@needs_data
def test_decoys_are_the_tasks_whose_labels_were_shuffled() -> None:
    shuffled = {name for name in cards() if "shuffled" in facts(name).get("decoy_kind", "")}
    assert {card.name for card in cards().values() if card.decoy} == shuffled


@needs_data
def test_columns_that_are_no_input_are_in_no_template() -> None:
    for name, card in cards().items():
        parts = [card.template.text, card.template.pair or "", *(card.template.options or ())]
        used = {part for part in parts} | {
            column.split("}")[0] for part in parts for column in part.split("{")[1:]
        }
        metadata = {c for c, what in facts(name)["columns"].items() if "(metadata)" in what}
        assert not used & metadata, name


@needs_data
@pytest.mark.parametrize("name", sorted(cards()))
def test_rows_of_every_split_become_examples(name: str) -> None:
    card, num_answers = cards()[name], len(facts(name)["label_names"] or ())
    examples = list(posed(card))
    assert len(examples) == ROWS * len(SPLITS)
    for names, example in examples:
        assert len(example.options if card.kind == "options" else names.names) == num_answers
        assert card.kind == "score" or 0 <= example.label < num_answers
        assert "{" not in example.pair


@needs_data
@pytest.mark.slow
def test_every_row_of_the_data_becomes_an_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # read anew, whatever was read before
    pool = load_pool([str(EXAMPLE / "cards")], base=REPOSITORY, data=SUITE)
    for name, task in pool.items():
        sizes = {split: len(task.split(split)) for split in SPLITS}
        assert sizes == facts(name)["sizes"], name
        assert not task.left_out, name
