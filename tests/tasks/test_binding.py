"""Filling dataclasses from YAML: the campaign's own, and small ones for what it does not use."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from engine.campaign.spec import Campaign
from tasks.binding import bind
from tasks.problems import InputError
from tasks.strict_yaml import parse_yaml

CAMPAIGN = """\
name: demo
target: boolq
budget_tokens: 200000
pool: [pydocs, cards]
rounds:
  count: 3
  learning_rate: 1e-4
  placebo: true
finish:
  learning_rates: [1, 5e-5]
executor: {name: local, gpus: 1, address: null}
policy:
  name: navigator
  options: {depth: 3, names: [a, b]}
"""


def fill(text: str, cls: type[Any] = Campaign) -> Any:
    (document,) = parse_yaml(text, file="x.yaml")
    return bind(cls, document)


def problems(text: str, cls: type[Any] = Campaign) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        fill(text, cls)
    return caught.value.problems


def with_line(line: str) -> str:
    name = "" if line.startswith("name") else "name: demo"
    return f"{name}\ntarget: boolq\nbudget_tokens: 10\n{line}\n"


def test_a_campaign_file_fills_the_campaign() -> None:
    campaign = fill(CAMPAIGN)
    assert campaign.pool == ("pydocs", "cards")
    assert campaign.rounds.learning_rate == 1e-4
    assert campaign.rounds.placebo is True
    assert campaign.finish.learning_rates == (1.0, 5e-5)
    assert isinstance(campaign.executor.gpus, float)
    assert campaign.policy.options == {"depth": 3, "names": ["a", "b"]}


def test_a_target_may_be_a_name_or_weights() -> None:
    assert fill("{name: a, target: t, budget_tokens: 1}").targets == {"t": 1.0}
    weighted = fill("{name: a, target: {t: 1, u: 3}, budget_tokens: 1}")
    assert weighted.targets == {"t": 0.25, "u": 0.75}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "seed: no",
            "x.yaml:4:7: seed: expected a whole number >= 0 and < 4294967296, got text 'no'.",
        ),
        (
            "seed: true",
            "x.yaml:4:7: seed: expected a whole number >= 0 and < 4294967296, got true.",
        ),
        ("seed: 1.5", "x.yaml:4:7: seed: expected a whole number >= 0 and < 4294967296, got 1.5."),
        ("seed:", "x.yaml:4:6: seed: expected a whole number >= 0 and < 4294967296, got nothing."),
        ("deadline_s: true", "x.yaml:4:13: deadline_s: expected a number > 0, got true."),
        ("deadline_s: .nan", "x.yaml:4:13: deadline_s: expected a number > 0, got text '.nan'."),
        (
            "max_length: 7",
            "x.yaml:4:13: max_length: expected a whole number >= 8 and <= 8192, got 7.",
        ),
        ("model: 3", "x.yaml:4:8: model: expected text, got 3. Write it in quotes."),
        (
            "pool: []",
            "x.yaml:4:7: pool: expected a list of at least 1, each text, got an empty list.",
        ),
        ("pool: [a, 3]", "x.yaml:4:11: pool[1]: expected text, got 3. Write it in quotes."),
        ("rounds: 3", "x.yaml:4:9: rounds: expected a mapping, got 3."),
        (
            "rounds: {placebo: yes}",
            "x.yaml:4:19: rounds.placebo: expected true or false, got text 'yes'.",
        ),
        (
            "executor: {address: 3}",
            "x.yaml:4:21: executor.address: expected text or nothing, got 3.",
        ),
        (
            "policy: {options: {}}",
            "x.yaml:4:1: policy.name: required key is missing; expected text.",
        ),
        (
            "max_wasted_tokens: -1",
            "x.yaml:4:20: max_wasted_tokens: expected a whole number >= 0 or nothing, got -1.",
        ),
        (
            "precision: bfloat",
            "x.yaml:4:12: precision: expected one of 'float32', 'bfloat16', got text 'bfloat'."
            " Nearest names: bfloat16, float32.",
        ),
        (
            "name: my task",
            "x.yaml:4:7: name: expected text of letters, digits, '.', '_' and '-', at most 100, no"
            " '.' first, got text 'my task'.",
        ),
        (
            "policy: greedy",
            "x.yaml:4:9: policy: expected a mapping, got text 'greedy'. For example: {name:"
            " greedy}.",
        ),
        (
            "pool: cards.yaml",
            "x.yaml:4:7: pool: expected a list of at least 1, each text, got text"
            " 'cards.yaml'. For example: [cards.yaml].",
        ),
        (
            "seed: 90_000",
            "x.yaml:4:7: seed: expected a whole number >= 0 and < 4294967296, got text"
            " '90_000'. Write 90000.",
        ),
        (
            "deadline_s: '9'",
            "x.yaml:4:13: deadline_s: expected a number > 0, got text '9'. Write it without"
            " quotes.",
        ),
        (
            "max_wasted_tokens: 1,000",
            "x.yaml:4:20: max_wasted_tokens: expected a whole number >= 0 or nothing, got text"
            " '1,000'. Write 1000.",
        ),
        (
            "executor: {worker: 2}",
            "x.yaml:4:12: executor.worker: unknown key. Did you mean 'workers'?"
            " Known keys: name, workers, threads, gpus, address.",
        ),
    ],
)
def test_a_wrong_value_is_named_with_place_and_what_is_allowed(line: str, problem: str) -> None:
    assert problems(with_line(line)) == (problem,)


def test_a_long_value_is_cut_and_its_control_characters_escaped() -> None:
    (problem,) = problems(with_line(f'seed: "\\e[31m{"x" * 200}"'))
    assert "text '\\x1b[31mxxx" in problem
    assert len(problem) < 160


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("3", "x.yaml:2:9: target: expected text or a mapping, got 3."),
        ("{a: -1}", "x.yaml:2:13: target.a: expected a number > 0, got -1."),
        (
            "[a, b]",
            "x.yaml:2:9: target: expected text or a mapping, got a list of 2. For example: {a:"
            " 1, b: 1}.",
        ),
        ("{str: x}", "x.yaml:2:15: target.str: expected a number > 0, got text 'x'."),
    ],
)
def test_of_a_choice_of_shapes_only_the_one_that_was_meant_is_reported(
    target: str, problem: str
) -> None:
    assert problems(f"name: a\ntarget: {target}\nbudget_tokens: 1\n") == (problem,)


def test_all_problems_are_reported_together_in_the_order_of_the_file() -> None:
    found = problems("name: a b\nrounds:\n  steps: 0\n  cout: 1\nseeds: 3\n")
    assert [problem.split(": ")[0:2] for problem in found] == [
        ["x.yaml:1:1", "budget_tokens"],
        ["x.yaml:1:1", "target"],
        ["x.yaml:1:7", "name"],
        ["x.yaml:3:10", "rounds.steps"],
        ["x.yaml:4:3", "rounds.cout"],
        ["x.yaml:5:1", "seeds"],
    ]


def test_at_most_twenty_problems_are_shown_and_the_rest_counted() -> None:
    lines = "\n".join(f"key{i}: 1" for i in range(30))
    with pytest.raises(InputError) as caught:
        fill(with_line(lines))
    shown = str(caught.value).splitlines()
    assert len(shown) == 21
    assert shown[-1] == "... and 10 more problems."
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301


def test_a_part_of_a_document_can_be_bound() -> None:
    (document,) = parse_yaml("list:\n  - {name: a, budget_tokens: x, target: t}\n", file="x.yaml")
    with pytest.raises(InputError, match=r"^x.yaml:2:30: budget_tokens: expected a whole number"):
        bind(Campaign, document, ("list", 0))


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", strict=True))
class Shapes:
    pair: tuple[int, str] = (1, "a")
    splits: Mapping[Literal["train", "test"], str] | None = None

    def __post_init__(self) -> None:
        if self.pair[0] == 13:
            raise ValueError("13 brings bad luck.")


def test_a_literal_key_is_an_unknown_key_like_any_other() -> None:
    assert problems("splits: {tran: x}", Shapes) == (
        "x.yaml:1:10: splits.tran: unknown key. Did you mean 'train'? Known keys: train, test.",
    )


def test_the_items_of_a_fixed_tuple_are_described_one_by_one() -> None:
    assert problems("pair: [x, 1]", Shapes) == (
        "x.yaml:1:8: pair[0]: expected a whole number, got text 'x'.",
        "x.yaml:1:11: pair[1]: expected text, got 1. Write it in quotes.",
    )


def test_what_a_class_itself_refuses_is_placed_at_its_mapping() -> None:
    assert problems("# comment\npair: [13, a]", Shapes) == ("x.yaml:2:1: 13 brings bad luck.",)


def test_a_suggestion_repeats_no_long_or_unprintable_value() -> None:
    for value in ("x" * 80, "two\\nlines"):
        (problem,) = problems(with_line(f'pool: "{value}"'))
        assert "For example" not in problem


SNIPPETS = (
    st.sampled_from(
        ["no", "true", "-1", "1e-4", "1e999", "[", "]", "{a: b}", "[[]]", "~", "'", "!!x ", "&a "]
    )
    | st.sampled_from(
        [
            "*a",
            "  ",
            ": ",
            "- ",
            "name",
            "target",
            "str",
            "<<: ",
            "\n",
            "\t",
            "---\n",
            "\u00e9",
            "\x07",
        ]
    )
    | st.sampled_from(["00000000", "\x85", "\u2028", "\ufeff", '"\\ud800"', "\0", "#", "|", "? "])
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, len(CAMPAIGN)), st.integers(0, 12), SNIPPETS), max_size=3))
def test_a_mutated_campaign_file_is_bound_or_refused_with_its_problems(
    edits: list[tuple[int, int, str]],
) -> None:
    text = CAMPAIGN
    for at, cut, snippet in edits:
        text = text[:at] + snippet + text[at + cut :]
    try:
        for document in parse_yaml(text, file="x.yaml"):
            bind(Campaign, document)
    except InputError as error:
        assert error.problems
        assert all(problem.startswith("x.yaml:") for problem in error.problems)
        assert all("\n" not in problem for problem in error.problems)
