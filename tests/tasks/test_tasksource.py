"""Annotations of tasksource as cards, on a stand-in of the package and, if installed, on itself."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.cards import Card, RowCaps, Source, SplitNames, Template
from tasks.problems import InputError
from tasks.tasksource import card_of, known_names, naming

HAS_PACKAGE = importlib.util.find_spec("tasksource") is not None

# A package of the same form: wrappers, annotations as mappings, two modules of them.
WRAPPERS = """
def identity(rows):
    return rows

def name(label_name, classes):
    return lambda row: classes[row[label_name]]

class cat(dict):
    def __init__(self, fields, separator=" "):
        self.fields, self.separator = fields, separator
    def __call__(self, row):
        return self.separator.join(row[field] for field in self.fields)

class dotgetter:
    def __init__(self, path=""):
        self.path = path
    def __getattr__(self, key):
        return dotgetter(f"{self.path}.{key}".lstrip("."))
    def __getitem__(self, index):
        return dotgetter(f"{self.path}[{index}]")
    def __call__(self, row):
        raise AssertionError("nothing computes a row")

class pretty_f:
    def __init__(self, value):
        self.value = value
    def __call__(self, row):
        return self.value

get, constant = dotgetter(), pretty_f

class Fields(dict):
    def __init__(self, given, **defaults):
        shared = dict(splits=("train", "validation", "test"), dataset_name=None, config_name=None,
            load_dataset_kwargs={}, label_values={}, pre_process=identity, post_process=identity,
            question=None, max_examples=None)
        super().__init__({**shared, **defaults, **given})

class Classification(Fields):
    def __init__(self, sentence1="sentence1", sentence2="sentence2", labels="labels", **given):
        super().__init__(given, sentence1=sentence1, sentence2=sentence2, labels=labels)

class SoftLabeling(Classification):
    pass

class MultipleChoice(Fields):
    def __init__(self, inputs="input", choices=(), labels="labels", **given):
        options = {f"choice{i}": choice for i, choice in enumerate(choices)}
        super().__init__({**given, **options}, inputs=inputs, labels=labels)

class TokenClassification(Fields):
    def __init__(self, **given):
        super().__init__(given, tokens="tokens", labels="labels")
"""
LISTING = """
import pandas
from . import multilingual_tasks, tasks
from .wrappers import Fields

def list_tasks(multilingual=False):
    rows = []
    for name, value in vars(multilingual_tasks if multilingual else tasks).items():
        if isinstance(value, Fields):
            kind = type(value).__name__.replace("SoftLabeling", "Classification")
            configs = value["config_name"]
            for config in configs if isinstance(configs, list) else [configs]:
                rows.append(dict(id="/".join(filter(None, [name.replace("__", "/"), config])),
                    dataset_name=value["dataset_name"] or f"hub/{name}", config_name=config,
                    preprocessing_name=name, task_type=kind, mapping=value))
    return pandas.DataFrame(rows).astype(object)

def task_licenses(multilingual=False):
    ids = list_tasks(multilingual)["id"]
    licences = ["mit" if name == "pair" else "unspecified" for name in ids]
    return pandas.DataFrame({"id": ids, "license": licences})
"""
TASKS = """
from .wrappers import *

pair = Classification("premise", "hypothesis", "label", question="Does it follow?",
    splits=["train_r1", None, "test_r1"], max_examples=1000)
usual_pair = Classification("sentence1", "sentence2", "label")
one_text = Classification("sentence1", labels="label")
by_helper = (lambda *texts: Classification(*texts, labels="label"))("text")
values = Classification("text", labels="grade", label_values={1: "poor", 2: "good"})
indices = Classification("text", labels="grade", label_values={0: "no", 1: "yes"})
classes = Classification("text", labels=name("gold", ["apart", "alike"]))
joined = Classification(cat(["title", "body"], ": "), get.meta.turns[0], "label")
asked = Classification(constant("Which is odd?"), labels="label", config_name=["a", "b"],
    question={"b": "Which one?"})
pinned = Classification("text", labels="label", load_dataset_kwargs={"revision": "0123abcd" * 5})
graded = SoftLabeling("text", None, "mean", regression=True)

spread = MultipleChoice(cat(["context", "question"]), ["answer0", "answer1", "answer2"], "label")
many = MultipleChoice("question", [f"option{i}" for i in range(11)], "label")
listed = MultipleChoice("question", choices_list=get.choices.text, labels="answerKey")
first_of_columns = MultipleChoice("question", ["right", "wrong"], constant(0))
first_of_list = MultipleChoice("question", choices_list="answers", labels=constant(0))

by_code = Classification(lambda row: row["text"].strip(), labels="label")
label_by_code = MultipleChoice("question", ["a", "b"], labels=lambda row: row["label"] - 1)
changed = Classification("text", labels="label", pre_process=lambda rows: rows)
filtered = Classification("text", labels="label", post_process=lambda rows: rows)
from_files = Classification("text", labels="label", load_dataset_kwargs={"data_files": "a.csv"})
from_branch = Classification("text", labels="label", load_dataset_kwargs={"revision": "main"})
with_brace = Classification("text {1}", labels="label")
answers_of_parts = MultipleChoice("question", [cat(["a", "b"]), "c"], constant(0))
no_text = MultipleChoice(constant(""), ["a", "b"], "label")
tokens = TokenClassification()
"""
OTHER_LANGUAGES = """
from .wrappers import *

xnli = Classification("premise", "hypothesis", "label",
    dataset_name="facebook/xnli", config_name="sw")
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "tasksource"
    folder.mkdir()
    modules = {"__init__": LISTING, "wrappers": WRAPPERS, "tasks": TASKS}
    for module, text in {**modules, "multilingual_tasks": OTHER_LANGUAGES}.items():
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
    for module in [name for name in sys.modules if name.split(".")[0] == "tasksource"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.syspath_prepend(tmp_path)
    naming._read.cache_clear()
    yield
    naming._read.cache_clear()
    for module in [name for name in sys.modules if name.split(".")[0] == "tasksource"]:
        del sys.modules[module]


def refusal(name: str) -> str:
    with pytest.raises(InputError) as caught:
        card_of(name)
    return str(caught.value)


@pytest.mark.usefixtures("stand_in")
def test_a_classification_becomes_a_card_with_all_that_the_package_knows() -> None:
    assert card_of("pair") == Card(
        name="pair",
        family="pair",
        kind="labels",
        metric="accuracy",
        source=Source(hub="hub/pair", splits=SplitNames(train="train_r1", test="test_r1")),
        template=Template(text="premise", pair="hypothesis"),
        label="label",
        labels="inferred",
        description="Does it follow?",
        max_rows=RowCaps(train=1000),
        bad_rows="leave_out",
        licence="mit",
    )


@pytest.mark.usefixtures("stand_in")
def test_a_multiple_choice_keeps_every_option_and_understands_indices_and_letters() -> None:
    assert card_of("spread") == Card(
        name="spread",
        family="spread",
        kind="options",
        metric="accuracy",
        source=Source(hub="hub/spread"),
        template=Template(text="{context} {question}", options=("answer0", "answer1", "answer2")),
        label="label",
        labels=("A", "B", "C"),
    )
    assert card_of("listed").template.options == "choices.text"
    assert card_of("listed").label == "answerKey"
    assert card_of("many").template.options == tuple(f"option{i}" for i in range(11))


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("name", "pair"), [("usual_pair", "sentence2"), ("one_text", None), ("by_helper", None)]
)
def test_a_second_text_is_read_only_where_the_annotation_names_one(
    name: str, pair: str | None
) -> None:
    assert card_of(name).template.pair == pair


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("name", "label", "labels"),
    [
        ("values", "grade", {"1": "poor", "2": "good"}),
        ("indices", "grade", ("no", "yes")),
        ("classes", "gold", ("apart", "alike")),
        ("first_of_columns", "right", ()),
        ("first_of_list", "answers.0", ()),
    ],
)
def test_answers_that_are_listed_and_not_computed_stay(
    name: str, label: str, labels: object
) -> None:
    assert (card_of(name).label, card_of(name).labels) == (label, labels)


@pytest.mark.usefixtures("stand_in")
def test_joined_nested_and_constant_texts_are_written_as_a_template() -> None:
    assert card_of("joined").template == Template(text="{title}: {body}", pair="meta.turns.0")
    assert card_of("asked/a").template.text == "Which is odd?{}"


@pytest.mark.usefixtures("stand_in")
def test_each_configuration_is_a_task_and_the_same_family() -> None:
    a, b = card_of("asked/a"), card_of("asked/b")
    assert (a.name, b.name) == ("asked-a", "asked-b")
    assert (a.source.config, b.source.config) == ("a", "b")
    assert (a.description, b.description) == ("", "Which one?")
    assert a.family == b.family == "asked"


@pytest.mark.usefixtures("stand_in")
def test_a_mean_rating_is_a_score() -> None:
    card = card_of("graded")
    assert (card.kind, card.metric, card.label, card.template.pair) == (
        "score",
        "pearson",
        "mean",
        None,
    )


@pytest.mark.usefixtures("stand_in")
def test_a_pinned_commit_and_other_languages_are_kept() -> None:
    assert card_of("pinned").source.revision == "0123abcd" * 5
    card = card_of("multilingual/xnli/sw")
    assert (card.name, card.family) == ("multilingual-xnli-sw", "xnli")
    assert (card.source.hub, card.source.config) == ("facebook/xnli", "sw")


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("by_code", "has its field 'sentence1' computed by code"),
        ("label_by_code", "has its field 'labels' computed by code"),
        ("changed", "has code that changes rows ('pre_process')"),
        ("filtered", "has code that changes rows ('post_process')"),
        ("from_files", "is read from single files or folders (data_files)"),
        ("from_branch", "is read from the branch 'main'"),
        ("with_brace", "has a brace in its field 'sentence1'"),
        ("answers_of_parts", "has an answer put together from columns"),
        ("no_text", "has no text in its field 'inputs'"),
        ("tokens", "is of kind TokenClassification, which is not supported"),
    ],
)
def test_what_a_card_cannot_hold_is_refused_with_the_reason(name: str, reason: str) -> None:
    message = refusal(name)
    assert message.startswith(f"pool: 'tasksource:{name}' {reason}")
    assert message.endswith(f"Write a card of your own for 'hub/{name}'.")


@pytest.mark.usefixtures("stand_in")
def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    assert refusal("usual_pear") == (
        "pool: 'tasksource:usual_pear': tasksource has no such task. Did you mean 'usual_pair'?"
    )
    assert known_names()[:2] == ("pair", "usual_pair")
    assert known_names()[-1] == "multilingual/xnli/sw"


def test_without_the_package_the_line_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(naming, "_PACKAGE", "tasksource_that_nobody_has")
    assert refusal("glue/rte") == (
        "pool: 'tasksource:glue/rte': the package tasksource is not installed: "
        "pip install 'sextant[tasksource]'"
    )


def test_a_package_that_cannot_be_imported_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_package.py").write_text("import nothing_like_it", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(naming, "_PACKAGE", "broken_package")
    naming._read.cache_clear()
    assert "cannot be imported (No module named 'nothing_like_it')" in refusal("glue/rte")


@pytest.mark.skipif(not HAS_PACKAGE, reason="the optional package tasksource is not installed")
def test_more_than_half_of_the_english_catalogue_become_cards() -> None:
    names = [name for name in known_names() if not name.startswith("multilingual/")]
    cards = []
    for name in names:
        try:
            cards.append(card_of(name))
        except InputError as error:
            assert "Write a card of your own" in str(error)
    assert len(names) >= 575
    assert len(cards) >= 300
    assert len({card.name.casefold() for card in cards}) == len(cards)
    assert {card.kind for card in cards} == {"labels", "options", "score"}


@pytest.mark.skipif(not HAS_PACKAGE, reason="the optional package tasksource is not installed")
def test_known_tasks_of_the_catalogue_are_read_as_the_data_sets_have_them() -> None:
    assert card_of("glue/rte").template == Template(text="sentence1", pair="sentence2")
    assert card_of("glue/mnli").source.splits == SplitNames(
        train="train", test="validation_matched"
    )
    assert card_of("I2D2").template.pair is None
    assert card_of("sciq").label == "correct_answer"
    assert card_of("glue/stsb").kind == "score"
