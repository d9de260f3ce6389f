"""Near duplicates: found by MinHash, decided by counting."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping

import pytest
from made_tasks import made_task

from tasks.example import Example
from tasks.pool import Pool
from tasks.screening import screen
from tasks.screening.folding import Parts
from tasks.screening.near import NEAR, find_near, shingled
from tasks.screening.overlap import Reason
from tasks.screening.shingles import hashed, jaccard, shingles

LETTERS = string.ascii_lowercase + string.digits
LONG = (
    "The river was considerably shortened in the nineteenth century when the engineers cut off "
    "its wide bends and built canals beside it"
)


def removed(train: Example, test: Example) -> Mapping[Reason, int]:
    """Reasons by which another task loses an example."""
    pool = Pool([made_task("target", test=[test]), made_task("other", train=[train])])
    return screen(pool, ["target"]).reasons.get("other", {})


def own_removed(train: Example, test: Example) -> Mapping[Reason, int]:
    """Reasons by which the target itself loses an example."""
    pool = Pool([made_task("target", train=[train], test=[test])])
    return screen(pool, ["target"]).reasons.get("target", {})


def test_a_text_is_near_from_a_similarity_of_four_fifths() -> None:
    whole = "".join(chr(0x4E00 + number) for number in range(107))
    assert len(shingles([whole])) == 100
    test = Example(text=whole, label=0)
    assert removed(Example(text=whole[:87], label=0), test) == {"near": 1}  # 80 of 100
    assert removed(Example(text=whole[:86], label=0), test) == {}


@pytest.mark.parametrize(("letters", "reasons"), [(31, {}), (32, {"near": 1})])
def test_under_32_letters_only_the_same_text_counts(letters: int, reasons: dict[str, int]) -> None:
    train = Example(text=LETTERS[:letters], label=0)
    assert removed(train, Example(text=LETTERS[:35], label=0)) == reasons


def test_one_word_more_in_a_long_text_is_near_and_three_are_not() -> None:
    test = Example(text=LONG, label=0)
    assert removed(Example(text=LONG.replace("when", "just when"), label=0), test) == {"near": 1}
    other = LONG.replace("river", "lake").replace("engineers", "workers").replace("wide", "narrow")
    assert removed(Example(text=other, label=0), test) == {}


def test_within_a_task_the_same_passage_with_another_question_is_another_example() -> None:
    question = "When was it shortened by the engineers of the state"
    test = Example(text=LONG, pair=question, label=0)
    other = Example(text=LONG, pair="How long is it now from its source to the sea?", label=0)
    same = Example(text=LONG, pair=f"{question} then?", label=0)
    short = Example(text=LONG, pair="When?", label=0)
    assert own_removed(other, test) == {}
    assert own_removed(short, test) == {}
    assert own_removed(same, test) == {"near": 1}


def test_within_a_task_a_pair_the_other_way_round_is_another_example() -> None:
    second = LONG.replace("river", "brook").replace("canals", "bridges").replace("cut", "took")
    train, test = Example(text=LONG, pair=second, label=0), Example(text=second, pair=LONG, label=0)
    assert own_removed(train, test) == {}


def test_every_option_has_to_be_near_or_equal_to_one_of_the_other() -> None:
    def row(*options: str) -> Example:
        return Example(text=LONG, options=options, label=0)

    assert own_removed(row("yes", LONG + " too"), row(LONG, "yes")) == {"near": 1}
    assert own_removed(row("no", LONG + " too"), row(LONG, "yes")) == {}
    assert own_removed(row("yes"), row("yes", LONG)) == {}
    assert own_removed(row("yes", LONG), row("yes")) == {}


def test_between_tasks_parts_that_one_template_joins_are_compared_as_a_whole() -> None:
    question = "Why did the state have it shortened"
    train = Example(text=f"{LONG} / {question}", label=0)
    assert removed(train, Example(text=question, pair=LONG, label=0)) == {"near": 1}


def test_languages_without_spaces_are_compared_too() -> None:
    text = "".join(chr(0x4E00 + 7 * number) for number in range(60))
    assert removed(Example(text=text[1:], label=0), Example(text=text, label=0)) == {"near": 1}


def test_the_same_pairs_are_found_as_by_comparing_each_with_each() -> None:
    rng = random.Random(0)
    texts = [_text(rng) for _ in range(75)]
    judged = [*texts, *(_changed(text, rng) for text in texts)]
    examples = [_changed(rng.choice(judged), rng) for _ in range(300)]
    best = {
        row: max((jaccard(shingles(one), shingles(other)), -at) for at, other in enumerate(judged))
        for row, one in enumerate(examples)
    }
    expected = {row: -at for row, (similarity, at) in best.items() if similarity >= NEAR}
    assert 50 < len(expected) < 250
    assert dict(find_near(examples, shingled(judged), is_own=False)) == expected


def test_numbers_of_shingles_are_equal_where_the_shingles_are() -> None:
    rng = random.Random(1)
    examples = [["".join(rng.choices("ab\U0001f600", k=rng.randrange(20)))] * 2 for _ in range(200)]
    numbers = hashed(examples)
    runs = [
        (row, text[at : at + 8])
        for row, texts in enumerate(examples)
        for text in texts
        for at in range(len(text) - 7)
    ]
    assert numbers.owners.tolist() == [row for row, _ in runs]
    pairs = set(zip(numbers.values.tolist(), (run for _, run in runs), strict=True))
    assert len(pairs) == len({run for _, run in runs}) == len({value for value, _ in pairs})
    assert numbers.are_in(numbers.seen()).all()
    assert numbers.are_in(hashed([["zzzzzzzzzz"]]).seen()).mean() < 0.01


def _text(rng: random.Random) -> Parts:
    return ("".join(rng.choices(string.ascii_lowercase, k=rng.randrange(60, 200))), "")


def _changed(parts: Parts, rng: random.Random) -> Parts:
    text = list(parts[0])
    for _ in range(rng.randrange(4)):
        text[rng.randrange(len(text))] = "0"
    return ("".join(text), "")
