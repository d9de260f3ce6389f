"""How functions are posed as examples."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from mined_function import function

from tasks.pydocs.behaviour import classify
from tasks.pydocs.bodies import Body
from tasks.pydocs.corpus import Corpus, split_by_module
from tasks.pydocs.docstrings import Described
from tasks.pydocs.functions import Function
from tasks.pydocs.matching import matching, name, summary
from tasks.pydocs.recipe import Recipe, Sizes
from tasks.pydocs.suite import RECIPES
from tasks.pydocs.wording import signature, spoken


def functions(count: int = 900) -> list[Function]:
    returns = ("value", "value", "value", "nothing")
    return [replace(function(n), body=Body(returns=returns[n % 4])) for n in range(count)]


def corpus() -> Corpus:
    return split_by_module(functions())


RETURNS = Recipe(
    name="returns",
    family="behaviour",
    description="What is returned?",
    pose=classify(lambda f: f.summary, lambda f: f.body.returns, ("nothing", "value")),
    labels=("nothing", "value"),
    sizes=Sizes(train=100, validation=20, test=20),
)


def _recipe(name: str) -> Recipe:
    return next(recipe for recipe in RECIPES if recipe.name == name)


def test_the_same_corpus_gives_the_same_task() -> None:
    small = split_by_module(functions(200))
    for recipe in RECIPES:
        assert recipe.build(small).fingerprint == recipe.build(small).fingerprint


def test_tasks_of_other_names_draw_other_examples() -> None:
    other = replace(RETURNS, name="returns_again")
    assert RETURNS.build(corpus()).train != other.build(corpus()).train


def test_labels_are_as_equal_as_the_corpus_allows() -> None:
    counts = Counter(example.label for example in RETURNS.build(corpus()).train)
    assert counts == {0: 50, 1: 50}


def test_sizes_are_held_and_no_text_is_in_two_splits() -> None:
    task = RETURNS.build(corpus())
    assert [len(task.train), len(task.validation), len(task.test)] == [100, 20, 20]
    texts = [{e.text for e in part} for part in (task.train, task.validation, task.test)]
    assert len(set().union(*texts)) == 140


def test_a_decoy_keeps_texts_and_label_counts_but_not_which_goes_with_which() -> None:
    decoy = replace(RETURNS, decoy=True).build(corpus())
    true = {e.text: e.label for e in RETURNS.build(corpus()).train}
    assert {e.text for e in decoy.train} == set(true)
    assert Counter(e.label for e in decoy.train) == {0: 50, 1: 50}
    agreeing = sum(true[e.text] == e.label for e in decoy.train)
    assert 30 <= agreeing <= 70  # 50 expected, s.d. 5: fails by chance once in 15,000, but seeded


def test_a_pair_that_does_not_belong_comes_from_the_same_module() -> None:
    near = {f.summary: f.module for f in functions()}
    module_of = {spoken(f.name): f.module for f in functions()}
    posed = list(matching(summary, name)(functions(), np.random.default_rng(0)))
    assert 0.4 < np.mean([e.label for e in posed]) < 0.6
    own = {f.summary: spoken(f.name) for f in functions()}
    for example in posed:
        assert (example.pair == own[example.text]) == bool(example.label)
        assert module_of[example.pair] == near[example.text]


def test_the_right_option_stands_at_every_place() -> None:
    described = tuple(Described(n, "", f"What the {n} is good for") for n in "xyzuv")
    documented = [replace(f, described=described) for f in functions()]
    posed = list(_recipe("which_argument").pose(documented, np.random.default_rng(0)))
    for example in posed:
        assert example.text == f"What the {example.options[int(example.label)]} is good for"
        assert len(set(example.options)) == 3
    assert min(Counter(e.label for e in posed).values()) > 200


def test_names_are_spoken_as_words() -> None:
    assert spoken("_fit_transform") == "fit transform"
    assert spoken("HTTPServerError") == "http server error"
    assert signature(function(7)) == "sell 7 (what, price)"
