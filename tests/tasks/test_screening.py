"""Nothing that a target is judged on is trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_tasks import fillers, made_task

from tasks.example import Example
from tasks.examples import place_of
from tasks.pool import Pool, UnknownTaskError
from tasks.screening import Screened, screen
from tasks.screening.compared import compare
from tasks.screening.overlap import REASONS

JUDGED = Example(text="The cat\u00a0sat, on 2 mats!", label=0)
SENTENCE = "A long enough sentence about seven brown bears"
OTHER = "Nothing in here says anything like what stands elsewhere"


def screened(train: Sequence[Example], test: Sequence[Example]) -> Screened:
    """A candidate with `train` beside a target with `test`."""
    pool = Pool([made_task("target", test=test), made_task("other", train=train)])
    return screen(pool, ["target"])


@pytest.mark.parametrize(
    ("example", "is_removed"),
    [
        (Example(text="the CAT sat on 2 mats", label=1), True),
        (Example(text="the cat   sat --- on \u00b2 mats", label=1), True),  # NFKC: superscript two
        (Example(text="the cat sat -LRB- on 2 mats -RRB-", label=1), True),
        (Example(text="the cat sat on 3 mats", label=1), False),
        (Example(text="thecat sat on 2 mats", label=1), False),
        (Example(text="the cat sat on 2 mats", pair="really", label=1), False),
    ],
)
@pytest.mark.parametrize("split", ["validation", "test"])
def test_an_example_that_a_target_is_judged_on_is_removed_however_written(
    example: Example, is_removed: bool, split: str
) -> None:
    empty = made_task("target")
    in_validation, in_test = replace(empty, validation=[JUDGED]), replace(empty, test=[JUDGED])
    target = in_validation if split == "validation" else in_test
    result = screen(Pool([target, made_task("other", train=[example])]), ["target"])
    assert result.removed == ({"other": 1} if is_removed else {})
    assert result.reasons == ({"other": {"exact": 1}} if is_removed else {})
    assert (example in result.pool["other"].train) is not is_removed


def test_the_targets_own_train_split_is_screened_too() -> None:
    pool = Pool([made_task("target", train=[JUDGED, JUDGED], test=[JUDGED])])
    result = screen(pool, ["target"])
    assert result.removed == {"target": 2}
    assert result.pool["target"].test == [JUDGED]


def test_what_only_a_candidate_is_judged_on_stays() -> None:
    pool = Pool([made_task("target", train=[JUDGED]), made_task("other", test=[JUDGED])])
    result = screen(pool, ["target"])
    assert result.removed == {}
    assert result.pool["target"] is pool["target"]


def test_one_question_asked_of_every_row_is_told_apart_by_its_options() -> None:
    def row(*options: str) -> Example:
        return Example(text="Which is right?", label=0, options=options)

    result = screened([row("C", "D"), row("b", "a")], [row("A.", "B.")])
    assert result.removed == {"other": 1}
    assert row("C", "D") in result.pool["other"].train


def test_texts_without_letters_or_digits_are_compared_as_they_stand() -> None:
    faces = [Example(text=":-(", label=0), Example(text=" :-)", label=0)]
    assert screened(faces, [Example(text=":-)", label=0)]).removed == {"other": 1}


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (Example(text="one", pair="two", label=0), Example(text="two", pair="one", label=0)),
        (
            Example(text="which", pair="one", label=0),
            Example(text="which", options=("one",), label=0),
        ),
    ],
)
def test_another_task_may_pose_the_parts_in_other_places(train: Example, test: Example) -> None:
    assert screened([train], [test]).reasons == {"other": {"exact": 1}}


def test_within_the_target_a_pair_the_other_way_round_is_another_example() -> None:
    train = Example(text=SENTENCE, pair=OTHER, label=0)
    test = Example(text=OTHER, pair=SENTENCE, label=1)
    assert screen(Pool([made_task("t", train=[train], test=[test])]), ["t"]).removed == {}


@pytest.mark.parametrize(
    "train",
    [
        Example(text=SENTENCE, label=0),
        Example(text="Who?", pair=SENTENCE.upper(), label=0),
        Example(text="Which?", options=("this", SENTENCE), label=0),
        Example(text=f"{OTHER}. {SENTENCE}! {OTHER}", label=0),
        Example(text=f"Question: who? Sentence: {SENTENCE}", label=0),
        Example(text=f"{OTHER}\n{SENTENCE}", label=0),
        Example(text=SENTENCE.replace("enough", "en ough"), label=0),
    ],
)
def test_a_sentence_that_a_target_is_judged_on_is_found_in_any_part_of_another_task(
    train: Example,
) -> None:
    test = Example(text=SENTENCE, pair="a short question", label=0)
    assert screened([train], [test]).reasons == {"other": {"shared text": 1}}


def test_a_text_that_was_judged_with_a_template_around_it_is_found() -> None:
    test = Example(text=f"Review: {SENTENCE}\nIs it good?", label=0)
    assert screened([Example(text=SENTENCE, label=0)], [test]).removed == {"other": 1}


def test_a_passage_may_come_back_within_the_target_with_another_question() -> None:
    train = Example(text=SENTENCE, pair="who", label=0)
    test = Example(text=SENTENCE, pair="where", label=0)
    assert screen(Pool([made_task("t", train=[train], test=[test])]), ["t"]).removed == {}
    assert screened([train], [test]).removed == {"other": 1}


@pytest.mark.parametrize(("letters", "is_removed"), [(31, False), (32, True)])
def test_a_shared_text_counts_from_32_letters(letters: int, is_removed: bool) -> None:
    shared = "abcdefghijklmnopqrstuvwxyz0123456789"[:letters]
    train, test = Example(text=shared, pair="x", label=0), Example(text=shared, label=0)
    assert screened([train], [test]).removed == ({"other": 1} if is_removed else {})


@pytest.mark.parametrize(("longest", "is_removed"), [(64, True), (65, False)])
def test_a_question_beside_a_text_twice_as_long_identifies_no_example(
    longest: int, is_removed: bool
) -> None:
    question = "what will the man do after the long work"
    assert len(question.replace(" ", "")) == 32
    test = Example(text="x" * longest, pair=question, label=0)
    result = screened([Example(text=OTHER, pair=question, label=0)], [test])
    assert result.removed == ({"other": 1} if is_removed else {})


@pytest.mark.parametrize(("repeated", "is_removed"), [(10, True), (11, False)])
def test_a_text_in_more_than_a_tenth_of_the_judged_examples_is_wording(
    repeated: int, is_removed: bool
) -> None:
    same = [Example(text=SENTENCE, pair=f"q{number}", label=0) for number in range(repeated)]
    test = [*same, *fillers(100 - repeated, "judged")]
    result = screened([Example(text=SENTENCE, pair="z", label=0)], test)
    assert result.removed == ({"other": 1} if is_removed else {})


def test_of_few_judged_examples_five_may_share_a_text() -> None:
    same = [Example(text=SENTENCE, pair=f"q{number}", label=0) for number in range(6)]
    train = [Example(text=SENTENCE, pair="z", label=0)]
    assert screened(train, same[:5]).removed == {"other": 1}
    assert screened(train, same).removed == {}


@pytest.mark.parametrize("targets", [["one", "two"], ["two", "one"]])
def test_an_example_found_twice_counts_once_and_for_the_plainer_reason(targets: list[str]) -> None:
    one = made_task("one", test=[Example(text=SENTENCE, pair="x", label=0)])
    two = made_task("two", test=[Example(text=SENTENCE, label=0)])
    other = made_task("other", train=[Example(text=SENTENCE, label=0)])
    result = screen(Pool([one, two, other]), targets)
    assert result.removed == {"other": 1}
    assert result.reasons == {"other": {"exact": 1}}


def test_an_overlap_lists_rows_in_their_order_whatever_was_found_first() -> None:
    near, exact = Example(text=f"{SENTENCE}s", label=0), Example(text=SENTENCE, label=0)
    own = made_task("t", train=[near, exact, near], test=[exact])
    overlap = compare(Pool([own]), {"t": ["t"]})["t", "t"]
    assert overlap.rows.tolist() == [3, 4, 5]
    assert [REASONS[reason] for reason in overlap.reasons] == ["near", "exact", "near"]
    assert overlap.judged.tolist() == [0, 0, 0]


def test_what_is_kept_still_says_where_it_comes_from_and_what_lost_nothing_is_unchanged() -> None:
    pool = Pool(
        [
            made_task("target", test=[JUDGED]),
            made_task("other", train=[JUDGED, *fillers(2, "more")]),
            made_task("clean"),
        ]
    )
    result = screen(pool, ["target"]).pool
    assert place_of(result["other"].train, 3) == "example 5"
    assert result["other"].fingerprint != pool["other"].fingerprint
    assert result["clean"] is pool["clean"]
    assert screen(pool, ["target"]).pool["other"].fingerprint == result["other"].fingerprint


def test_a_task_left_with_nothing_to_train_on_is_refused_by_name() -> None:
    pool = Pool([made_task("target", test=fillers(2)), made_task("other")])
    with pytest.raises(ValueError, match="Task 'other' has 1 of 3 training examples left"):
        screen(pool, ["target"])


def test_two_examples_left_are_enough() -> None:
    pool = Pool([made_task("target", test=fillers(1)), made_task("other")])
    assert screen(pool, ["target"]).removed == {"target": 1, "other": 1}


def test_an_unknown_target_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        UnknownTaskError, match=r"No task 'targt' in the pool. Did you mean 'target'"
    ):
        screen(Pool([made_task("target")]), ["targt"])


def _texts(alphabet: str) -> st.SearchStrategy[str]:
    return st.lists(st.text(alphabet, min_size=1, max_size=9), min_size=1, max_size=14).map(
        " ".join
    )


def _examples(alphabet: str) -> st.SearchStrategy[list[Example]]:
    one = st.builds(
        Example,
        text=_texts(alphabet),
        pair=st.one_of(st.just(""), _texts(alphabet)),
        options=st.lists(_texts(alphabet), max_size=2).map(tuple),
        label=st.just(0),
    )
    return st.lists(one, max_size=8)


@given(train=_examples("abcde .?"), judged=_examples("vwxyz !\n"))
@settings(max_examples=60, deadline=None)
def test_what_shares_no_part_with_a_target_is_never_removed(
    train: list[Example], judged: list[Example]
) -> None:
    def has_letters(example: Example) -> bool:
        return any(map(str.isalnum, example.text))

    kept = list(filter(has_letters, train))
    assert screened(kept, list(filter(has_letters, judged))).removed == {}


@given(train=_examples("ab "), first=_examples("ab "), second=_examples("ab "))
@settings(max_examples=60, deadline=None)
def test_another_target_never_brings_an_example_back(
    train: list[Example], first: list[Example], second: list[Example]
) -> None:
    one, two = made_task("one", test=first), made_task("two", validation=second)
    pool = Pool([one, two, made_task("other", train=train)])
    alone, both = (screen(pool, targets).removed for targets in (["one"], ["one", "two"]))
    assert all(both[name] >= count for name, count in alone.items())


@given(train=_examples("ab "), test=_examples("ab "), order=st.permutations(range(3)))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_pool_changes_nothing(
    train: list[Example], test: list[Example], order: list[int]
) -> None:
    tasks = [made_task("target", test=test), made_task("a", train=train), made_task("b", test)]
    results = [
        screen(Pool(some), ["target"]) for some in (tasks, [tasks[place] for place in order])
    ]
    assert results[0].reasons == results[1].reasons
    for name in ("target", "a", "b"):
        assert list(results[0].pool[name].train) == list(results[1].pool[name].train)
