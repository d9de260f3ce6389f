from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from example_ledger import CANDIDATES, example_records
from hypothesis import given
from hypothesis import strategies as st

from engine.ledger.records import Chosen, Closed
from engine.report import mixture_json
from engine.report.mixture_file import normalised

WEIGHTS = st.dictionaries(st.text(max_size=5), st.floats(1e-6, 1e6), min_size=1, max_size=40)


@given(WEIGHTS)
def test_shares_sum_to_one_exactly_and_keep_their_order(weights: dict[str, float]) -> None:
    shares = normalised(weights)
    assert math.fsum(shares.values()) == 1.0
    assert shares.keys() == weights.keys()
    total = math.fsum(weights.values())
    assert all(math.isclose(shares[k], weights[k] / total, rel_tol=1e-9) for k in weights)


def test_tasks_without_share_are_left_out_and_none_is_fine() -> None:
    assert normalised({"a": 0.0, "b": 2.0}) == {"b": 1.0}
    assert normalised({}) == {}


def test_the_file_holds_mixture_arms_and_their_test_numbers() -> None:
    content = json.loads(mixture_json(example_records()))
    assert content["campaign"] == "7f3a9c1e5b2d4860"
    assert list(content["mixture"]) == list(CANDIDATES[:4])
    assert math.fsum(content["mixture"].values()) == 1.0
    assert content["delivered"] == "selected"
    assert content["arms"]["selected"]["cost_tokens"] == 5_210_000
    (test,) = content["arms"]["selected"]["test"].values()
    assert test["gain"] == 0.0142
    assert "mixture_of_tokens" not in content


def test_the_file_tells_what_the_start_of_the_finish_had_been_trained_on() -> None:
    records = example_records()
    start = json.loads(mixture_json(records))["start"]
    closed = [record for record in records if isinstance(record, Closed)]
    assert start["warm_up"] == "all tasks"
    assert list(start["rounds"]) == [record.advanced for record in closed]
    (first, *_), last = start["rounds"].values(), start["rounds"]["r03-control"]
    assert list(first) == [CANDIDATES[0], CANDIDATES[1], CANDIDATES[2]]
    assert last == {}


def test_a_round_that_goes_back_to_its_start_adds_nothing_to_what_was_trained_on() -> None:
    records = example_records(rounds=2)
    first = next(record.advanced for record in records if isinstance(record, Closed))
    back = [replace(one, advanced=first) if isinstance(one, Closed) else one for one in records]
    assert list(json.loads(mixture_json(back))["start"]["rounds"]) == [first]


def test_floats_are_exact_and_the_bytes_stable() -> None:
    records = example_records()
    chosen = next(record for record in records if isinstance(record, Chosen))
    text = mixture_json(records)
    assert text == mixture_json(records)
    assert json.loads(text)["mixture"] == normalised(chosen.mixture)


def test_shares_of_tokens_weigh_examples_by_their_length() -> None:
    lengths = dict.fromkeys(CANDIDATES, 10.0) | {CANDIDATES[0]: 30.0}
    content = json.loads(mixture_json(example_records(), tokens_per_example=lengths))
    share = 0.46 * 30 / (0.46 * 30 + 0.54 * 10)
    assert content["mixture_of_tokens"][CANDIDATES[0]] == pytest.approx(share)
    some = {CANDIDATES[0]: 30.0}
    assert b"mixture_of_tokens" not in mixture_json(example_records(), tokens_per_example=some)


def test_a_campaign_that_has_not_chosen_is_refused() -> None:
    with pytest.raises(ValueError, match="has not chosen a mixture yet"):
        mixture_json(example_records()[:10])
