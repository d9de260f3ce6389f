"""A thousand malformed cards: each is refused with its place, or read as it was meant."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.cards import Card, SplitNames, read_cards
from tasks.problems import InputError

CARDS: tuple[dict[str, Any], ...] = (
    {
        "name": "nli",
        "family": "inference",
        "kind": "labels",
        "metric": "accuracy",
        "source": {"files": {"train": "train.jsonl", "test": "test.jsonl"}},
        "template": {"text": "premise", "pair": "Claim: {claim}"},
        "label": "gold",
        "labels": ["no", "yes", "maybe"],
    },
    {
        "name": "stance",
        "family": "stance",
        "kind": "labels",
        "metric": "f1_against_favor_mean",
        "source": {"folder": "stance"},
        "template": {"text": "{tweet.text}"},
        "label": "stance",
        "labels": {"-1": "against", "0": "none", "1": "favor"},
        "max_rows": {"train": 4000, "validation": 100},
        "bad_rows": "leave_out",
        "decoy": True,
    },
    {
        "name": "science",
        "family": "qa",
        "kind": "options",
        "metric": "accuracy",
        "source": {
            "hub": "someone/science",
            "config": "hard",
            "revision": "0123456789" * 4,
            "splits": {"train": "train", "validation": "dev"},
        },
        "template": {"text": "question", "options": ["a", "b", "choices.text.2"]},
        "label": "answer",
        "labels": ["A", "B", "C"],
        "prefix": "Which is right?",
        "licence": "CC BY 4.0",
        "description": "Questions of science.",
    },
    {
        "name": "written",
        "family": "qa",
        "kind": "text",
        "metric": "exact_match",
        "source": {"files": {"train": "train.csv"}},
        "template": {"text": "{context}\n\n{question}"},
        "label": "answers.text.0",
    },
)
KEYS = [field.name for field in dataclasses.fields(Card)]
PLACED = re.compile(r"cards\.yaml(:\d+(:\d+)?)?: \S")

deep: Any = "x"
for _ in range(50):
    deep = [deep]

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(10**30), max_value=10**30),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.sampled_from(["a", "b", 1, None, ""]), max_size=3),
    st.dictionaries(st.sampled_from(["a", "train", "text", "0"]), st.sampled_from(["x", 2])),
    st.sampled_from([deep, "x" * 70_000, "\0", "\ud800", "yes", "1e-4", "0x10", "12:30", "\n\n"]),
    st.sampled_from(["labels", "options", "score", "text", "accuracy", "f1", "auroc", "pearson"]),
)


def paths(value: Any, start: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*start, key)
        if isinstance(item, dict | list):
            yield from paths(item, (*start, key))


def holder(data: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        data = data[step]
    return data


def mutate(data: dict[str, Any], draw: Callable[..., Any]) -> None:
    """Replace, drop, misspell, wrap or add one thing somewhere."""
    path = draw(st.sampled_from(sorted(paths(data), key=str)))
    inside, key = holder(data, path), path[-1]
    how = draw(st.sampled_from(["replace", "drop", "misspell", "wrap", "unwrap", "add"]))
    if how == "replace":
        inside[key] = copy.deepcopy(draw(VALUES))
    elif how == "drop":
        del inside[key]
    elif how == "misspell" and isinstance(key, str) and isinstance(inside, dict):
        inside[key[1:] + draw(st.sampled_from(["", "s", "S", " ", "\n", "é" * 500]))] = inside[key]
        del inside[key]
    elif how == "wrap":
        inside[key] = draw(st.sampled_from([[inside[key]], {"value": inside[key]}]))
    elif how == "unwrap" and isinstance(inside[key], dict | list) and inside[key]:
        inside[key] = next(iter(inside[key]))
    elif isinstance(inside, dict):
        inside[draw(st.sampled_from(KEYS) | st.text(min_size=1, max_size=9))] = copy.deepcopy(
            draw(VALUES)
        )


@st.composite
def wrong_data(draw: Callable[..., Any]) -> bytes:
    """A card of wrong values, well written."""
    data = copy.deepcopy(draw(st.sampled_from(CARDS)))
    for _ in range(draw(st.integers(1, 3))):
        if data:
            mutate(data, draw)
    if draw(st.booleans()):
        return json.dumps(data).encode()
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True).encode(errors="surrogatepass")


SNIPPETS = st.sampled_from(
    [
        *("\0", "\t", "\r", "\x85", "\u2028", "\ufeff", "\x07", "\ud800", "é", " ", "\n", "\n  "),
        *("&a ", "*a", "<<: *a", "<<: {a: b}", "!!str ", "!!python/object:os.system ", "!x "),
        *("---\n", "...\n", "--- ", "%YAML 1.1\n", "%TAG ! x\n", "? ", "? [a]\n: b\n"),
        *("{", "}", "[", "]", ": ", ":", "- ", "-", "|\n", ">\n", '"', "'", "#", ",", "@", "`"),
        *("[" * 100, "{a: " * 100, "- " * 100, "9" * 5000, "x" * 70_000, '"\\UFFFFFFFF"'),
        *("name: twice\n", "labels: []\n", "labels: {a: &b [*b]}\n", "decoy: yes\n", "null: x\n"),
    ]
)
BOMB = "a: &a [x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: [*c, *c, *c, *c]\n"


@st.composite
def wrong_text(draw: Callable[..., Any]) -> bytes:
    """A good card, wrongly written."""
    data = draw(st.sampled_from(CARDS))
    text = yaml.safe_dump(data, sort_keys=False, default_flow_style=draw(st.sampled_from([0, 1])))
    lines = text.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(["insert", "cut", "repeat", "move", "indent", "tabs", "bomb"]))
        column = draw(st.integers(0, len(lines[at])))
        if how == "insert":
            lines[at] = lines[at][:column] + draw(SNIPPETS) + lines[at][column:]
        elif how == "cut":
            lines[at] = lines[at][:column]
        elif how == "repeat":
            lines.insert(at, lines[at])
        elif how == "move":
            lines.insert(draw(st.integers(0, len(lines))), lines[at])
        elif how == "indent":
            lines[at] = " " * draw(st.integers(1, 3)) + lines[at]
        elif how == "tabs":
            lines[at] = lines[at].replace("  ", "\t").replace(": ", ":\t")
        else:
            lines.insert(0, BOMB)
    raw = "".join(lines).encode(errors="surrogatepass")
    cut: int = draw(st.integers(0, len(raw)))
    broken: bytes = draw(st.sampled_from([b""] * 5 + [b"\xff", b"\xc3", b"\xed\xa0\x80"]))
    return raw[:cut] + broken + raw[cut:]


def is_meant(value: object, written: object) -> bool:
    """Whether a card's value is what stands in the file, every scalar as its text."""
    if dataclasses.is_dataclass(value):
        if not isinstance(written, dict):
            return False
        found = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        untold = [found[name] for name in found.keys() - written.keys()]
        defaults = (None, "", (), False, "stop", SplitNames(train="train"))
        return (
            written.keys() <= found.keys()
            and all(one in defaults or is_meant(one, {}) for one in untold)
            and all(is_meant(found[name], one) for name, one in written.items())
        )
    if isinstance(value, tuple):
        pairs = zip(value, written, strict=False) if isinstance(written, list) else ()
        return len(value) == len(written) and all(is_meant(*pair) for pair in pairs)  # type: ignore[arg-type]
    if isinstance(value, dict):
        return isinstance(written, dict) and list(value.items()) == list(written.items())
    if value is None:
        return written in ("", "~", "null")
    if isinstance(value, bool):
        return written == str(value).lower()
    return value == written if isinstance(value, str) else value == int(str(written))


def refusals(strategy: st.SearchStrategy[bytes], path: Path, *, tries: int) -> int:
    """How many of the drawn files are refused; each of the others must be read as meant."""
    refused = 0

    @settings(
        max_examples=tries, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(strategy)
    def read(raw: bytes) -> None:
        nonlocal refused
        path.write_bytes(raw)
        try:
            cards = read_cards(path)
        except InputError as error:
            refused += 1
            check_lines(error, path)
        else:
            documents = yaml.load_all(raw.decode("utf-8-sig"), yaml.BaseLoader)
            written = [document for document in documents if document]  # empty ones do not count
            assert is_meant(tuple(cards), written)

    read()
    return refused


def check_lines(error: InputError, path: Path) -> None:
    assert error.problems
    for problem in error.problems:
        assert PLACED.match(problem.removeprefix(f"{path.parent}/")), problem
        assert "\n" not in problem
        assert len(problem) < 1_500, problem[:200]


def test_a_thousand_malformed_cards_are_refused_with_their_places(tmp_path: Path) -> None:
    path = tmp_path / "cards.yaml"
    of_data = refusals(wrong_data(), path, tries=650)
    of_text = refusals(wrong_text(), path, tries=420)
    assert of_data + of_text >= 1_000


def test_the_cards_that_are_made_malformed_are_good_ones(tmp_path: Path) -> None:
    path = tmp_path / "cards.yaml"
    path.write_text(yaml.safe_dump_all(CARDS, sort_keys=False), encoding="utf-8")
    assert [card.name for card in read_cards(path)] == [card["name"] for card in CARDS]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"---\n",
        b"---\n---\n",
        b"- a\n",
        b"card",
        b"\xff\xfe" + "name: x".encode("utf-16-le"),
        b"\xef\xbb\xbf",
        b"PAR1\x00\x01",
        b"name: [",
        b"name: x\n" * 2,
        BOMB.encode(),
        b"[" * 100_000,
        b"a: " * 10_000,
        b"x: y\n" * 250_000,
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_files_that_are_no_cards_at_all_are_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "cards.yaml"
    path.write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_cards(path)
    check_lines(caught.value, path)
