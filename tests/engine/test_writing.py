"""Tasks of kind text on a decoder: how answers are read, judged and written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import tiny_decoder, tiny_encoder, tiny_tasks, tiny_text_task

from engine.gains.evaluation import judge_branch, judge_test, predict
from engine.model.answers import Answers, BadTaskError, check_kinds
from engine.model.base_network import BaseModel, is_decoder, load_base
from engine.model.batch import Encoded
from engine.model.build_model import build_for, build_model
from engine.model.decoder import DecoderModel
from engine.model.writing import write
from engine.signals.probe import directions_of, measure
from engine.signals.sources import IN_THE_PASS
from engine.training.optimizer import Optimizer, Rates
from engine.training.warm_up import text_only
from tasks import Example, Pool

POOL = Pool([*tiny_tasks(), tiny_text_task(train=200)])
PICK, COPY = 2, 4
SIZE = 40


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    return load_base(str(tiny_decoder(tmp_path_factory.mktemp("base"), dropout=0.0)))


@pytest.fixture(scope="module")
def untrained(base: BaseModel) -> DecoderModel:
    return reading(base, max_length=SIZE)


@pytest.fixture(scope="module")
def halfway(tmp_path_factory: pytest.TempPathFactory) -> DecoderModel:
    """Trained until it writes some answers right and others not."""
    base = load_base(str(tiny_decoder(tmp_path_factory.mktemp("base"), dropout=0.0)))
    model = reading(base, max_length=SIZE)
    examples = model.encode(COPY, POOL["copy"].train)
    optimizer = Optimizer(model, Rates(body=3e-3, prefixes=3e-2))
    for step in range(90):
        losses = model.losses(model.collate(examples[step * 16 % 192 :][:16]))
        losses.mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step(1.0)
    return model


def reading(base: BaseModel, *, max_length: int, longest: int | None = None) -> DecoderModel:
    """An untrained model; `longest` instead of what the training answers say."""
    model = build_model(base, POOL, max_length=max_length, seed=(0,))
    if longest is not None:
        answers = [replace(one, longest=longest) for one in model.answers]
        model = build_for(base, answers, max_length=max_length, seed=(0,))
    assert isinstance(model, DecoderModel)
    return model.eval()


def ids(example: Encoded) -> tuple[list[int], list[int]]:
    """Tokens before the answer, and of the answer and its end."""
    (row,) = example.rows
    return row.ids[: row.answer_start].tolist(), row.ids[row.answer_start :].tolist()


def test_a_written_answer_is_read_as_the_same_answer_among_options_is(
    untrained: DecoderModel,
) -> None:
    example = Example("the cat was near it", 1, pair="a plum")
    (written,) = untrained.encode(COPY, [replace(example, answer="a cat")])
    (options,) = untrained.encode(PICK, [replace(example, options=("owl", "a cat"))])
    assert written.rows[0] == options.rows[1]
    assert written.gold == 1.0
    # Prefixes start alike, so that the tasks differ in nothing yet.
    batch = untrained.collate([written, options])
    losses, logits = untrained.losses(batch), untrained.logits(batch)
    torch.testing.assert_close(losses[0], losses[1])
    torch.testing.assert_close(logits[0, 0], logits[1, 1])
    torch.testing.assert_close(logits[:, 0][0], -losses[0])


def test_what_is_written_is_exactly_what_evaluation_says_would_be(halfway: DecoderModel) -> None:
    examples = POOL["copy"].test
    outputs = predict(halfway, halfway.encode(COPY, examples))
    written = write(halfway, COPY, examples, batch_size=7)
    right = [text == one.answer for text, one in zip(written, examples, strict=True)]
    assert outputs[:, 1].tolist() == [float(one) for one in right]
    assert 5 < sum(right) < 45
    assert all(text.startswith(("a ", "an ")) for text in written)


def test_an_answer_is_judged_alike_among_examples_of_other_kinds(halfway: DecoderModel) -> None:
    examples = halfway.encode(COPY, POOL["copy"].test[:16])
    others = [halfway.encode(number, POOL[name].test[:16]) for number, name in enumerate(POOL)]
    mixed = [one for four in zip(*others, strict=True) for one in four]
    alone, among = (halfway.logits(halfway.collate(some)) for some in (examples, mixed))
    assert 0 < alone[:, 1].sum() < 16
    assert torch.equal(among[COPY :: len(POOL), 1], alone[:, 1])
    assert among[:COPY, 1].isfinite().tolist() == [True, True, True, False]


def test_the_examples_own_answer_has_no_part_in_what_is_written(halfway: DecoderModel) -> None:
    examples = POOL["copy"].test
    hidden = [Example(one.text, 0) for one in examples]
    assert write(halfway, COPY, hidden) == write(halfway, COPY, examples)
    assert write(halfway, COPY, []) == []


def test_every_token_and_the_end_must_be_the_likeliest(halfway: DecoderModel) -> None:
    examples = POOL["copy"].test
    written = write(halfway, COPY, examples)
    for change, expected in (("{}", 1.0), ("{} cat", 0.0), ("x{}", 0.0), ("{:.2}", 0.0)):
        changed = [
            replace(one, answer=change.format(text))
            for one, text in zip(examples, written, strict=True)
        ]
        assert set(predict(halfway, halfway.encode(COPY, changed))[:, 1]) == {expected}


def test_texts_are_judged_by_the_share_written_exactly(halfway: DecoderModel) -> None:
    task = POOL["copy"]
    halves = halfway.encode(COPY, task.validation)
    judged = judge_branch(halfway, task, selection=halves[:20], gate=halves[20:])
    assert judged.temperature == 1.0
    losses = halfway.losses(halfway.collate(halves[:20])).detach()
    np.testing.assert_allclose(judged.selection.losses, losses, rtol=1e-4, atol=1e-6)
    assert judged.selection.losses.tobytes() == judged.selection.plain_losses.tobytes()
    assert set(judged.selection.predictions) == {0.0, 1.0}
    assert judged.selection.metric == judged.selection.predictions.mean()
    assert judged.selection.beliefs is None
    test = judge_test(halfway, task, halfway.encode(COPY, task.test), temperature=1.0)
    assert test.metric == test.predictions.mean()


def test_writing_stops_where_the_longest_training_answer_would(base: BaseModel) -> None:
    model = reading(base, max_length=SIZE, longest=3)
    # Untrained, it never ends of itself.
    written = write(model, COPY, POOL["copy"].test[:3])
    assert [len(base.tokenizer(text)["input_ids"]) for text in written] == [3, 3, 3]
    answers = [one.answer for one in POOL["copy"].train]
    longest = max(map(len, base.tokenizer(answers)["input_ids"]))
    assert reading(base, max_length=SIZE).answers[COPY].longest == longest


def test_writing_never_goes_beyond_the_sequence(base: BaseModel) -> None:
    model = reading(base, max_length=SIZE, longest=500)
    (text,) = write(model, COPY, [Example("the cat " * 90, 0)])
    (prompt,) = model.prompts(COPY, [Example("the cat " * 90, 0)])
    room = SIZE - prompt.num_tokens
    assert room == pytest.approx(SIZE / 2, abs=2)
    assert 0 < len(base.tokenizer(text)["input_ids"]) <= room


def test_texts_are_cut_before_the_answer(untrained: DecoderModel) -> None:
    example = Example("the cat " * 90, 1, pair="a plum " * 90, answer="a cat")
    (cut,) = untrained.encode(COPY, [example])
    (whole,) = untrained.encode(COPY, [replace(example, text="the", pair="a plum")])
    assert cut.num_tokens in (SIZE - 1, SIZE)
    assert ids(cut)[1] == ids(whole)[1]
    assert len(ids(whole)[1]) == 3


def test_how_much_of_a_text_is_read_does_not_depend_on_its_answer(base: BaseModel) -> None:
    model = reading(base, max_length=SIZE, longest=6)
    example = Example("the cat " * 90, 1, pair="a plum")
    answers = ("a", "a cat", "a very lovely cat", "a cat " * 90)
    encoded = [model.encode(COPY, [replace(example, answer=one)])[0] for one in answers]
    prompts = [ids(one)[0] for one in encoded]
    assert prompts[0] == prompts[1] == prompts[2] == prompts[3]
    (prompt,) = model.prompts(COPY, [example])
    assert ids(prompt) == (prompts[0], [])
    assert max(one.num_tokens for one in encoded) <= SIZE


@pytest.mark.parametrize("longest", [0, 1, 6, 500])
@pytest.mark.parametrize("text", ["the", "the cat " * 90])
def test_an_answer_that_had_to_be_cut_keeps_a_share_and_has_no_end(
    base: BaseModel, longest: int, text: str
) -> None:
    model = reading(base, max_length=SIZE, longest=longest)
    (cut,) = model.encode(COPY, [Example(text, 1, answer="a cat " * 90)])
    kept = ids(cut)[1]
    assert SIZE - 1 <= cut.num_tokens <= SIZE
    assert len(kept) >= max(1, min(longest, SIZE // 2 - 3))
    assert base.tokenizer.eos_token_id not in kept


def test_a_cut_answer_never_counts_as_written(base: BaseModel) -> None:
    model = reading(base, max_length=SIZE, longest=2)
    (running_on,) = write(model, COPY, [Example("the cat " * 90, 0)])
    kept = Example("the cat " * 90, 1, answer=running_on)
    cut = replace(kept, answer=running_on * 40)
    outputs = predict(model, model.encode(COPY, [cut, kept]))
    # All that is left of it is what the model would write.
    (row,) = model.encode(COPY, [cut])[0].rows
    assert base.tokenizer.decode(row.ids[row.answer_start :]).startswith(running_on)
    assert outputs[:, 1].tolist() == [0.0, 0.0]


def test_the_name_of_a_task_is_not_read_off_its_answer(untrained: DecoderModel) -> None:
    (example,) = untrained.encode(COPY, [Example("the cat", 1, answer="a cat")])
    (row,) = text_only(example).rows
    assert row.ids.tolist() == ids(example)[0]


def test_signals_are_taken_of_texts_as_of_any_task(halfway: DecoderModel) -> None:
    probes = {
        name: halfway.encode(number, POOL[name].train[:6])
        for number, name in enumerate(POOL)
        if name in ("mood", "copy", "tally")
    }
    target = {"copy": halfway.encode(COPY, POOL["copy"].validation[:6])}
    directions = directions_of(halfway, target, seed=(0,))
    taken = measure(halfway, probes, directions, signals=IN_THE_PASS, seed=(0,))
    assert np.isfinite(taken.scores["alignment"]["copy"]).all()
    assert taken.scores["alignment"]["copy"].all() and taken.scores["descent"]["copy"].all()
    assert np.linalg.norm(taken.sketches, axis=1).min() > 0


@pytest.mark.parametrize(
    ("example", "message"),
    [
        (Example("the cat", 1), "its answer is empty"),
        (Example("the cat", 0, answer="cat"), "its label is 0, not 1"),
    ],
)
def test_an_example_without_an_answer_to_write_is_blamed_on_its_task(
    untrained: DecoderModel, example: Example, message: str
) -> None:
    good = POOL["copy"].train[0]
    with pytest.raises(BadTaskError, match=message) as caught:
        untrained.encode(COPY, [good, example])
    assert caught.value.task == "copy"


def test_an_encoder_is_refused_for_what_it_cannot_write(base: BaseModel, tmp_path: Path) -> None:
    assert is_decoder(base.name)
    base = load_base(str(tiny_encoder(tmp_path)))
    assert not is_decoder(base.name)
    with pytest.raises(ValueError, match=r": copy\. Take a decoder, .*exclude: \[copy\]"):
        build_model(base, POOL, max_length=SIZE, seed=(0,))
    with pytest.raises(ValueError, match=r"Take a decoder, such as \w+/[^ ]+ or \w+/[^ ]+\.$"):
        check_kinds(POOL, is_decoder=False, targets=["copy"])
    check_kinds(POOL, is_decoder=True)
    check_kinds(Pool(tiny_tasks()), is_decoder=False)


def test_a_tokenizer_whose_texts_cannot_end_is_refused(base: BaseModel) -> None:
    endless = replace(base, tokenizer=_Endless(base.tokenizer))
    written = Answers(task="copy", kind="text", longest=2)
    with pytest.raises(ValueError, match="no end-of-sequence token"):
        build_for(endless, [written], max_length=SIZE, seed=(0,))
    build_for(endless, [Answers(task="tally", kind="score")], max_length=SIZE, seed=(0,))


class _Endless:
    """A tokenizer without an end token, else like another."""

    eos_token_id = None

    def __init__(self, tokenizer: object) -> None:
        self._tokenizer = tokenizer

    def __getattr__(self, name: str) -> object:
        return getattr(self._tokenizer, name)

    def __call__(self, *args: object, **kwargs: object) -> object:
        return self._tokenizer(*args, **kwargs)  # type: ignore[operator]
