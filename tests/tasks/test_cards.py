"""Cards: what they may say, and what is wrong with those that may not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from tasks.cards import Card, MetricName, Source, SplitNames, Template, read_cards
from tasks.problems import InputError
from tasks.task import Kind

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
            "/nli.yaml:4:9: metric: task 'nli' of kind 'labels' needs a metric of 'accuracy', ",
        ),
        ("label: gold", "lable: gold", "/nli.yaml:1:1: label: required key is missing"),
        (
            "labels: [no, yes]",
            "labels: [no]",
            "/nli.yaml:8:9: labels: task 'nli' of kind 'labels' needs at",
        ),
        (
            "[no, yes]",
            "[no, no]",
            "/nli.yaml:8:9: labels: task 'nli' of kind 'labels' names the label 'no' twice in"
            " 'labels'.",
        ),
        (
            "[no, yes]",
            "{}",
            "/nli.yaml:8:9: labels: task 'nli' of kind 'labels' needs at least two names in"
            " 'labels'",
        ),
        (
            "[no, yes]",
            "{a: yes, b: yes}",
            "/nli.yaml:8:9: labels: task 'nli' of kind 'labels' needs at least two names in",
        ),
        (
            "[no, yes]",
            "[0, 1]",
            "/nli.yaml:8:10: labels[0]: expected text, not empty, got 0. Write",
        ),
        ("label: gold", "label: gold\nbad_rows: skip", "/nli.yaml:8:11: bad_rows: expected one of"),
        (
            "files: {train: train.jsonl}",
            f"hub: a/b, revision: {'0' * 40}1a",
            "/nli.yaml:5:30: source.revision: 'revision' is a commit of 40 hex digits",
        ),
        ("[no, yes]", "infered", "/nli.yaml:8:9: labels: expected a list"),
        (
            "kind: labels",
            "kind: options",
            "/nli.yaml:6:1: template.options: task 'nli' of kind 'options' needs 'templ",
        ),
        (
            "kind: labels",
            "kind: score",
            "/nli.yaml:8:9: labels: task 'nli' of kind 'score' has no 'labels'",
        ),
        (
            "{train: train.jsonl}",
            "x.csv",
            "/nli.yaml:5:17: source.files: expected a mapping or nothing, got text 'x.csv'."
            " For example: {train: x.csv}.",
        ),
        (
            "{files: {train: train.jsonl}}",
            "x.csv",
            "/nli.yaml:5:9: source: expected a mapping, got text 'x.csv'. For example: {files:"
            " {train: train.csv}}.",
        ),
        (
            "source: {files: {train: train.jsonl}}",
            "",
            "/nli.yaml:1:1: source: required key is missing; expected a mapping. For example:"
            " {files: {train: train.csv}}.",
        ),
        (
            '{text: premise, pair: "Claim: {claim}"}',
            "premise",
            "/nli.yaml:6:11: template: expected a mapping, got text 'premise'. For example:"
            " {text: premise}.",
        ),
        (
            "text: premise",
            "text: {premise}",
            "/nli.yaml:6:18: template.text: expected text, not empty, got a mapping. Write it"
            " in quotes.",
        ),
        (
            "train: train.jsonl",
            "train: x, dev: y",
            "/nli.yaml:5:28: source.files.dev: unknown key. Did you mean 'validation'?",
        ),
        (
            "[no, yes]",
            "{1: a, 1.0: b}",
            "/nli.yaml:8:9: labels: task 'nli' of kind 'labels' gives one value two names: '1'"
            " and '1.0' in 'labels' are equal.",
        ),
        (
            "[no, yes]",
            "{True: a, true: b}",
            "/nli.yaml:8:9: labels: task 'nli' of kind 'labels' gives one value two names:"
            " 'True' and 'true'",
        ),
        ("text: premise", "text: gold", "/nli.yaml:6:11: template: task 'nli' of kind"),
        ("metric: accuracy", "metric: f1_against_favor_mean", "/nli.yaml:4:9: metric: task 'nli'"),
        ("text: premise", "options: x", "/nli.yaml:6:1: template.text: required key is missing"),
        ("files: {train: train.jsonl}", "", "/nli.yaml:5:9: source: give one of 'files', 'folder'"),
        (
            "files: {train: train.jsonl}",
            "hub: a/b, revision: main",
            "/nli.yaml:5:30: source.revision: 'revision' is a commit of 40 hex digits, got 'main'",
        ),
        (
            "train.jsonl}",
            "train.jsonl}, config: x",
            "/nli.yaml:5:47: source.config: 'config' is for 'hub', and 'files' has none; leave"
            " it out.",
        ),
        (
            "train.jsonl}",
            "train.jsonl}, splits: {train: dev}",
            "/nli.yaml:5:47: source.splits: 'splits' is for 'hub', and 'files' has none; leave"
            " it out.",
        ),
        (
            "train.jsonl}",
            "train.jsonl}, folder: x",
            "/nli.yaml:5:9: source: give one of 'files', 'folder' and 'hub', got ['files'",
        ),
        ("train: train.jsonl", "test: x.csv", "/nli.yaml:5:10: source.files.train: required key"),
        (
            "name: nli",
            "name: ../nli",
            "/nli.yaml:1:7: name: expected text of letters, digits, '.', '_' and",
        ),
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


def test_values_that_are_equal_may_share_a_name() -> None:
    assert made(labels={"1": "a", "1.0": "a", "2": "b"}).labels


def test_a_campaign_file_is_told_from_a_card_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    for text in ("target: t\npool: [cards]\n", "name: demo\ntarget: t\nbudget_tokens: 9\n"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read_cards(path)
        (line,) = caught.value.problems
        assert line.startswith(f"{path}:1: this is a campaign file")
        assert "--campaign" in line
    path.write_text(CARD + "target: t\npool: x\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"target: unknown key"):
        read_cards(path)


def test_the_known_keys_of_a_mapping_are_listed_once(tmp_path: Path) -> None:
    found = refusal(tmp_path, "label: gold", "label: gold\nq1: 1\nq2: 2\nmax_rows: {q3: 1, q4: 2}")
    assert [line.count("Known keys:") for line in found.splitlines()] == [1, 0, 1, 0]


def made(
    *, kind: Kind = "labels", metric: MetricName = "accuracy", labels: Any = (), **template: Any
) -> Card:
    return Card(
        name="t",
        family="f",
        kind=kind,
        metric=metric,
        source=Source(files=SplitNames(train="t.csv")),
        template=Template(text="s", **template),
        label="y",
        labels=labels,
    )


def wrong(**card: Any) -> str:
    with pytest.raises(ValueError, match="task 't' of kind") as caught:
        made(**card)
    return str(caught.value)


CHOSEN = {"accuracy", "accuracy_macro_f1_mean", "f1", "macro_f1", "macro_recall", "matthews"} | {
    "micro_f1",
    "weighted_f1",
}
FITTING: dict[Kind, set[str]] = {
    "labels": CHOSEN | {"auroc", "f1_against_favor_mean", "mean_average_precision"},
    "options": CHOSEN,
    "score": {"pearson", "pearson_spearman_mean", "spearman"},
    "text": {"exact_match"},
}


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_card_takes_the_metrics_that_can_judge_its_kind(kind: Kind) -> None:
    own: dict[str, Any] = {"kind": kind, "options": ("a", "b") if kind == "options" else None}
    for metric in get_args(MetricName):
        if metric in FITTING[kind]:
            assert made(**own, metric=metric, pair="p").metric == metric
        else:
            message = wrong(**own, metric=metric, pair="p")
            assert f"needs a metric of '{min(FITTING[kind])}'" in message
            assert f"got '{metric}'" in message


def test_a_metric_of_two_labels_takes_two() -> None:
    for metric in ("f1", "mean_average_precision"):
        assert made(metric=metric, labels=("a", "b"), pair="p")
        assert made(metric=metric, labels={"1": "a", "2": "b", "3": "b"}, pair="p")
        assert made(metric=metric, labels="inferred", pair="p")
        refusal = wrong(metric=metric, labels=("a", "b", "c"), pair="p")
        assert f"needs exactly two labels for the metric '{metric}', got ['a', 'b', 'c']" in refusal
    assert made(metric="auroc", labels=("a", "b", "c"))
    assert made(kind="options", metric="f1", options=("a", "b", "c"), labels=("A", "B", "C"))


def test_the_mean_of_against_and_favor_needs_labels_of_these_names() -> None:
    assert made(metric="f1_against_favor_mean", labels=("none", "against", "favor"))
    assert made(metric="f1_against_favor_mean", labels={"1": "favor", "2": "against"})
    assert "needs labels named 'against' and 'favor'" in wrong(
        metric="f1_against_favor_mean", labels=("none", "against", "for")
    )


def test_pairs_are_ranked_only_where_there_are_pairs() -> None:
    assert "needs 'template.pair'" in wrong(metric="mean_average_precision", labels=("a", "b"))


def test_the_answer_may_not_stand_in_the_text() -> None:
    for kind, metric in (("labels", "accuracy"), ("score", "pearson")):
        assert "column 'y', in 'template.pair'" in wrong(kind=kind, metric=metric, pair="{a} {y}")
    assert "column 'y', in 'template.pair'" in wrong(pair="y")
    assert made(pair="{y.a} {yy} y").template.pair
    assert made(kind="options", options=("y", "z")).label == "y"  # the right option has a column
    assert made(kind="text", metric="exact_match", pair="y").label == "y"


def test_labels_may_be_left_for_the_data_to_tell_but_not_of_options() -> None:
    assert made().labels == ()
    assert made(labels="inferred").labels == "inferred"
    assert made(kind="options", options="o", labels=("A",)).labels == ("A",)
    assert "cannot infer" in wrong(kind="options", options="o", labels="inferred")
    for kind, metric in (("text", "exact_match"), ("score", "pearson")):
        assert "has no 'labels'" in wrong(kind=kind, metric=metric, labels=("a", "b"))
        assert "has no 'labels'" in wrong(kind=kind, metric=metric, labels="inferred")
        assert "has no 'template.options'" in wrong(kind=kind, metric=metric, options="o")


def test_values_and_names_of_a_mapping_are_texts_however_yaml_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "nli.yaml"
    path.write_text(CARD.replace("[no, yes]", "{-1: no, true: yes, on: off}"), encoding="utf-8")
    labels = read_cards(path)[0].labels
    assert isinstance(labels, Mapping)
    assert list(labels.items()) == [
        ("-1", "no"),
        ("true", "yes"),
        ("on", "off"),
    ]
