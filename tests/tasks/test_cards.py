"""Cards: what they may say, and what is wrong with those that may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.card import Card, Source, SplitNames, Template, read_cards
from tasks.problems import InputError

CARD = """\
name: nli
family: inference
kind: labels
metric: accuracy
source: {files: {train: train.jsonl}}
template: {text: premise, pair: "Claim: {claim}"}
label: gold
labels: [no, yes]
"""


def refusal(tmp_path: Path, old: str = "", new: str = "") -> str:
    path = tmp_path / "nli.yaml"
    path.write_text(CARD.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_cards(path)
    return str(caught.value).removeprefix(str(tmp_path))


def test_a_card_written_in_yaml_equals_the_one_made_in_python(tmp_path: Path) -> None:
    (tmp_path / "nli.yaml").write_text(CARD, encoding="utf-8")
    assert read_cards(tmp_path / "nli.yaml") == [
        Card(
            name="nli",
            family="inference",
            kind="labels",
            metric="accuracy",
            source=Source(files=SplitNames(train="train.jsonl")),
            template=Template(text="premise", pair="Claim: {claim}"),
            label="gold",
            labels=("no", "yes"),
        )
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "metric: accuracy",
            "metric: acuracy",
            "/nli.yaml:4:9: metric: expected one of 'accuracy'",
        ),
        (
            "metric: accuracy",
            "metric: spearman",
            "/nli.yaml:1:1: task 'nli' of kind 'labels' needs no",
        ),
        ("label: gold", "lable: gold", "/nli.yaml:1:1: label: required key is missing"),
        (
            "labels: [no, yes]",
            "labels: [no]",
            "/nli.yaml:1:1: task 'nli' of kind 'labels' needs at",
        ),
        ("[no, yes]", "[no, no]", "/nli.yaml:1:1: task 'nli' of kind 'labels' names a label twice"),
        (
            "kind: labels",
            "kind: options",
            "/nli.yaml:1:1: task 'nli' of kind 'options' needs 'templ",
        ),
        (
            "kind: labels",
            "kind: score",
            "/nli.yaml:1:1: task 'nli' of kind 'score' has no 'labels'",
        ),
        ("text: premise", "options: x", "/nli.yaml:6:1: template.text: required key is missing"),
        ("files: {train: train.jsonl}", "", "/nli.yaml:5:9: source: give either 'files' or 'hub'"),
        (
            "files: {train: train.jsonl}",
            "hub: a/b",
            "/nli.yaml:5:9: source: 'hub' needs 'revision'",
        ),
        ("train: train.jsonl", "test: x.csv", "/nli.yaml:5:10: source.files.train: required key"),
        ("name: nli", "name: ../nli", "/nli.yaml:1:7: name: expected text matching"),
    ],
)
def test_a_wrong_card_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert refusal(tmp_path, old, new).startswith(problem)


def test_several_cards_of_a_file_report_their_problems_together(tmp_path: Path) -> None:
    path = tmp_path / "cards.yaml"
    path.write_text(
        "---\n".join([CARD.replace("kind: labels", "kind: label"), CARD, CARD.replace("no", "3")]),
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_cards(path)
    assert [problem.split(": ")[0][-4:] for problem in caught.value.problems] == [":3:7", "6:10"]
