"""The forty cards of CompassMTL: all there, readable, and posing rows as their data sets hold them.

The rows are made up; columns and label names are those of the data sets on the hub.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.campaign.campaign_file import read_campaign
from policies.by_signal.compass import Compass
from tasks.cards import Card, read_cards
from tasks.posing import label_names, pose
from tasks.sources.table import Row, Table

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tasks" / "compassmtl"
CARDS = {card.name: card for path in sorted(FOLDER.glob("*.yaml")) for card in read_cards(path)}
GROUPS = {
    "rainbow": "anli cosmosqa hellaswag physicaliqa socialiqa winogrande csqa2",
    "glue": "cola mnli mrpc sst qqp qnli rte",
    "lexglue": "case_hold ecthr_a ecthr_b scotus eurlex ledgar unfair_tos",
    "single": "dream commonsense_qa quail quartz wiqa qasc sciq",
    "arc": "ARC-Easy ARC-Challenge",
    "domain": "chemprot rct-20k hyperpartisan_news imdb acl-arc AmazonReviewHelpfulness ag_news",
    "superglue": "boolq cb copa",
}
FIVE = {"text": list("vwxyz"), "label": list("ABCDE")}
EIGHT = {"text": list("stuvwxyz"), "label": list("ABCDEFGH")}
ARTICLES = [["facts one", "facts two"], [3, 4]]

# name -> a row of train, and what the right answer is called
ROWS: Mapping[str, tuple[Row, str]] = {
    "anli": (
        {
            "observation_1": "a",
            "observation_2": "b",
            "hypothesis_1": "c",
            "hypothesis_2": "d",
            "label": 2,
        },
        "d",
    ),
    "cosmosqa": (
        {"context": "c", "question": "q", **{f"answer{i}": f"a{i}" for i in range(4)}, "label": 3},
        "a3",
    ),
    "hellaswag": (
        {"activity_label": "Golf", "ctx": "He", "endings": list("wxyz"), "label": "2"},
        "y",
    ),
    "physicaliqa": ({"goal": "g", "sol1": "a", "sol2": "b", "label": 1}, "b"),
    "socialiqa": (
        {
            "context": "c",
            "question": "q",
            "answerA": "a",
            "answerB": "b",
            "answerC": "c",
            "label": 2,
        },
        "c",
    ),
    "winogrande": ({"sentence": "A _", "option1": "x", "option2": "y", "answer": "1"}, "x"),
    "csqa2": ({"question": "q", "answer": "yes"}, "yes"),
    "cola": ({"sentence": "s", "label": 1}, "acceptable"),
    "mnli": ({"premise": "p", "hypothesis": "h", "label": 2}, "contradiction"),
    "mrpc": ({"sentence1": "a", "sentence2": "b", "label": 1}, "equivalent"),
    "sst": ({"sentence": "s", "label": 1}, "positive"),
    "qqp": ({"question1": "a", "question2": "b", "label": 1}, "duplicate"),
    "qnli": ({"question": "q", "sentence": "s", "label": 0}, "entailment"),
    "rte": ({"sentence1": "a", "sentence2": "b", "label": 1}, "not entailment"),
    "case_hold": ({"context": "c", "endings": list("abcde"), "label": 4}, "e"),
    "ecthr_a": ({"text": ARTICLES[0], "labels": ARTICLES[1]}, "Article 6"),
    "ecthr_b": ({"text": ARTICLES[0], "labels": [9]}, "Article 1 of Protocol 1"),
    "scotus": ({"text": "t", "label": 7}, "Economic Activity"),
    "eurlex": ({"text": "t", "labels": [42, 7]}, "42"),
    "ledgar": ({"text": "t", "label": 1}, "Agreements"),
    "unfair_tos": ({"text": "t", "labels": [6]}, "Jurisdiction"),
    "dream": (
        {"dialogue": ["W: a", "M: b"], "question": "q", "choice": list("xyz"), "answer": "z"},
        "z",
    ),
    "commonsense_qa": (
        {"question_concept": "c", "question": "q", "choices": FIVE, "answerKey": "E"},
        "z",
    ),
    "quail": (
        {"context": "c", "question": "q", "answers": list("wxyz"), "correct_answer_id": 1},
        "x",
    ),
    "quartz": (
        {
            "para": "p",
            "question": "q",
            "choices": {"text": ["more", "less"], "label": ["A", "B"]},
            "answerKey": "B",
        },
        "less",
    ),
    "wiqa": (
        {
            "question_para_step": ["one", "two", ""],
            "question_stem": "q",
            "choices": {"text": ["more", "less", "no effect"], "label": list("ABC")},
            "answer_label_as_choice": "C",
        },
        "no effect",
    ),
    "qasc": ({"question": "q", "choices": EIGHT, "answerKey": "H"}, "z"),
    "sciq": (
        {
            "question": "q",
            "support": "",
            "correct_answer": "w",
            **{f"distractor{i}": f"d{i}" for i in (1, 2, 3)},
        },
        "w",
    ),
    "ARC-Easy": ({"question": "q", "choices": FIVE, "answerKey": "D"}, "y"),
    "ARC-Challenge": (
        {"question": "q", "choices": {"text": list("xyz"), "label": list("123")}, "answerKey": "3"},
        "z",
    ),
    "chemprot": ({"text": "t", "label": "PRODUCT-OF"}, "PRODUCT-OF"),
    "rct-20k": ({"text": "t", "label": "OBJECTIVE"}, "OBJECTIVE"),
    "hyperpartisan_news": ({"text": "t", "label": "true"}, "hyperpartisan"),
    "imdb": ({"text": "t", "label": 1}, "positive"),
    "acl-arc": ({"text": "t", "section_name": "related work"}, "related work"),
    "AmazonReviewHelpfulness": ({"text": "t", "label": "helpful"}, "helpful"),
    "ag_news": ({"text": "t", "label": 3}, "Sci/Tech"),
    "boolq": ({"passage": "p", "question": "q", "label": 1}, "yes"),
    "cb": ({"premise": "p", "hypothesis": "h", "label": 1}, "contradiction"),
    "copa": (
        {"premise": "p", "question": "effect", "choice1": "a", "choice2": "b", "label": 0},
        "a",
    ),
}
# What the hub's data sets declare of the column, where it is not what the card calls it.
DECLARED: Mapping[str, tuple[str, ...]] = {
    "anli": ("0", "1", "2"),
    "boolq": ("False", "True"),
    "case_hold": tuple("01234"),
    "copa": ("choice1", "choice2"),
    "ledgar": ("Adjustments", "Agreements", "Amendments"),
    "mrpc": ("not_equivalent", "equivalent"),
    "qnli": ("entailment", "not_entailment"),
    "rte": ("entailment", "not_entailment"),
    "scotus": tuple(str(area) for area in range(1, 14)),
}


def table_of(card: Card, row: Row) -> Table:
    """Rows enough for labels to be told from other texts, where they are inferred."""
    other = {key: [1] if key == "labels" else "other" for key in row}
    declared = {card.label: DECLARED[card.name]} if card.name in DECLARED else {}
    return Table(rows=[row, row, row, other, other], place=str, declared=declared)


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_of_the_paper_is_a_file_of_cards(group: str) -> None:
    assert [card.name for card in read_cards(FOLDER / f"{group}.yaml")] == GROUPS[group].split()


def test_there_are_forty_and_each_has_a_row_here() -> None:
    assert len(CARDS) == 40
    assert set(ROWS) == set(CARDS)


@pytest.mark.parametrize("name", ROWS)
def test_a_card_poses_a_row_as_its_data_set_holds_it(name: str) -> None:
    card, (row, answer) = CARDS[name], ROWS[name]
    names = label_names(card, table_of(card, row))
    example = pose(card, row, names)
    answers = example.options or names.names
    assert answers[int(example.label)] == answer
    assert "{" not in example.text + example.pair


@pytest.mark.parametrize("name", ["ecthr_a", "ecthr_b", "eurlex", "unfair_tos"])
def test_rows_without_a_label_are_left_out_where_the_data_set_has_such(name: str) -> None:
    card, (row, _) = CARDS[name], ROWS[name]
    names = label_names(card, table_of(card, row))
    assert card.bad_rows == "leave_out"
    with pytest.raises(ValueError, match="labels"):
        pose(card, {**row, "labels": []}, names)


def test_one_bad_row_of_someone_elses_data_stops_no_campaign_over_forty_sets() -> None:
    # The labels of socialiqa have been kept from 0 and from 1; there a misfit must be seen.
    assert {name for name, card in CARDS.items() if card.bad_rows == "stop"} == {"socialiqa"}


@pytest.mark.parametrize("name", ["ARC-Easy", "ARC-Challenge"])
@pytest.mark.parametrize("keys", ["ABCDE", "12345"])
def test_answers_called_by_letter_and_by_number_are_the_same(name: str, keys: str) -> None:
    card = CARDS[name]
    for place, key in enumerate(keys):
        row = {"question": "q", "choices": FIVE, "answerKey": key}
        assert pose(card, row, label_names(card, table_of(card, row))).label == place


def test_a_question_about_an_effect_asks_for_it() -> None:
    card, (row, _) = CARDS["copa"], ROWS["copa"]
    assert pose(card, row, label_names(card, table_of(card, row))).pair == "What was the effect?"


def test_every_card_reads_the_hub_and_caps_train_as_the_paper_does() -> None:
    for card in CARDS.values():
        assert card.source.hub
        assert "/" in card.source.hub  # names without an owner are no longer found
        assert (card.max_rows.train, card.max_rows.validation, card.max_rows.test) == (
            10_000,
            None,
            None,
        )
        assert card.source.splits.test in ("test", "validation", "validation_matched")
        assert card.source.splits.validation != card.source.splits.test
        assert card.description


def test_no_family_holds_more_than_a_quarter_and_the_legal_ones_are_kin() -> None:
    families = Counter(card.family for card in CARDS.values())
    assert max(families.values()) <= 10
    assert families["legal"] == 7


def test_the_example_campaign_is_valid_and_asks_compass_for_five_tasks() -> None:
    campaign, _ = read_campaign(ROOT / "examples" / "compassmtl.yaml")
    assert campaign.pool == ("compassmtl",)
    assert set(campaign.targets) <= set(CARDS)
    assert (campaign.warm_up.masking, campaign.warm_up.masked_weight) == (0.25, 0.1)
    assert (campaign.warm_up.learning_rate, campaign.max_length) == (6e-6, 512)
    assert campaign.policy.name == "compass"
    assert Compass(**campaign.policy.options) == Compass(k=5)
