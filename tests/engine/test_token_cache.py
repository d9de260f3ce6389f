"""Tokens on disk: read once for every worker and campaign, and never seen in a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from campaign_here import decisions, run_here
from small_campaign import write_small_campaign
from tiny_models import tiny_decoder, tiny_encoder, tiny_tasks
from transformers import ByT5Tokenizer

from engine.model import encoded_split
from engine.model.answers import BadTaskError
from engine.model.base_network import BaseModel, load_base
from engine.model.batch import Encoded
from engine.model.build_model import build_model
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from engine.model.reading_key import tokenizer_key
from engine.model.tokens import tokenise
from engine.storage.array_cache import ArrayCache
from engine.training.encoded_pool import EncodedPool
from tasks import Chosen, Example, Pool, Split

Model = EncoderModel | DecoderModel
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
TASKS = tuple(tiny_tasks(train=40, held_out=20))
POOL = Pool(TASKS)


@pytest.fixture(scope="module", params=["encoder", "decoder"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    build = {"encoder": tiny_encoder, "decoder": tiny_decoder}[request.param]
    return load_base(str(build(tmp_path_factory.mktemp("base"))))


def model_of(base: BaseModel, pool: Pool = POOL, *, max_length: int = 24, seed: int = 0) -> Model:
    return build_model(base, pool, max_length=max_length, seed=(seed,))


def encoded(model: Model, folder: Path, pool: Pool = POOL) -> EncodedPool:
    return EncodedPool(pool, model, cut_seed=(0,), cache=ArrayCache(folder))


def everything(pool: EncodedPool, names: Sequence[str] = tuple(POOL)) -> list[Encoded]:
    parts = (pool.train, pool.selection, pool.gate, pool.test)
    return [one for name in names for part in parts for one in part(name)]


def unable(task: int, examples: Sequence[Example]) -> encoded_split.EncodedSplit:
    raise AssertionError(f"{len(examples)} examples are read that lie in the cache.")


def test_tokens_are_the_same_with_an_empty_a_warm_and_no_cache(
    base: BaseModel, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    model = model_of(base)
    without = everything(encoded(model, tmp_path / "file" / "tokens"))
    assert everything(encoded(model, tmp_path)) == without
    assert everything(encoded(model, tmp_path)) == without
    assert without[:40] == list(model.encode(0, POOL["mood"].train))


def test_a_second_start_reads_no_text(
    base: BaseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = everything(encoded(model_of(base), tmp_path))
    again = model_of(base, seed=1)
    monkeypatch.setattr(again, "encode", unable)
    warm = encoded(again, tmp_path)
    assert everything(warm) == first
    assert len(list(tmp_path.iterdir())) == len(POOL) * len(SPLITS)
    assert warm.tokens_per_example().tolist() == [
        np.mean([again.trained_tokens(one) for one in warm.train(name)]) for name in POOL
    ]


def test_tokens_serve_the_task_under_any_number_and_name(
    base: BaseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything(encoded(model_of(base), tmp_path))
    other = Pool(replace(task, name=f"my {task.name}") for task in reversed(TASKS))
    model = model_of(base, other)
    expected = [model.encode(number, task.train) for number, task in enumerate(other.values())]
    monkeypatch.setattr(model, "encode", unable)
    for name, examples in zip(other, expected, strict=True):
        assert list(encoded(model, tmp_path, other).train(name)) == list(examples)


def test_what_screening_takes_out_costs_no_second_reading(
    base: BaseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything(encoded(model_of(base), tmp_path))
    left = np.delete(np.arange(40), [0, 7, 39])
    screened = Pool(replace(task, train=Chosen(task.train, left)) for task in TASKS)
    model = model_of(base, screened)
    for number in range(len(POOL)):
        assert model.reading_key(number) == model_of(base).reading_key(number)
    expected = model.encode(1, screened["kin"].train)
    monkeypatch.setattr(model, "encode", unable)
    pool = encoded(model, tmp_path, screened)
    train = pool.train("kin")
    assert list(train) == list(expected)
    assert train[-2:] == expected[-2:]
    assert pool.tokens_per_example()[1] == np.mean([model.trained_tokens(one) for one in train])


def test_of_a_few_chosen_the_others_are_not_read(base: BaseModel, tmp_path: Path) -> None:
    unreadable = [replace(one, label=9) for one in POOL["kin"].train]
    unreadable[3] = POOL["kin"].train[3]
    pool = Pool([replace(POOL["kin"], train=Chosen(unreadable, np.array([3])))])
    (one,) = encoded(model_of(base, pool), tmp_path, pool).train("kin")
    assert one.rows == model_of(base).encode(1, POOL["kin"].train)[3].rows


@pytest.mark.parametrize(
    "change",
    [
        {"labels": ("no", "yes")},
        {"labels": ("unlike", "alike", "neither")},
        {"train": TASKS[1].train[:-1]},
        {"train": (*TASKS[1].train[:-1], replace(TASKS[1].train[-1], text="other"))},
        {"train": tuple(replace(one, label=1 - one.label) for one in TASKS[1].train)},
        {"train": tuple(reversed(TASKS[1].train))},
    ],
    ids=str,
)
def test_another_task_is_read_anew(
    base: BaseModel, change: dict[str, object], tmp_path: Path
) -> None:
    list(encoded(model_of(base), tmp_path).train("kin"))
    pool = Pool([replace(POOL["kin"], **change)])  # type: ignore[arg-type]
    model = model_of(base, pool)
    found = encoded(model, tmp_path, pool).train("kin")
    assert list(found) == list(model.encode(0, pool["kin"].train))
    assert len(list(tmp_path.iterdir())) == 2


def test_another_way_of_reading_is_another_key(base: BaseModel) -> None:
    def keys(base: BaseModel, *, max_length: int = 24, seed: int = 0) -> list[str | None]:
        model = model_of(base, max_length=max_length, seed=seed)
        return [model.reading_key(number) for number in range(len(POOL))]

    changed = load_base(base.name)
    found = [keys(changed), keys(changed, max_length=23)]
    changed.tokenizer.add_tokens(["lovely cat"])
    found.append(keys(changed))
    changed.tokenizer.truncation_side = "left"
    found.append(keys(changed))
    changed.tokenizer.pad_token_id = 7
    found.append(keys(changed))
    assert found[0] == keys(base, seed=5)
    # Of the toy tasks two differ in labels, the others in kind.
    assert len({key for each in found for key in each} - {None}) == 5 * len(POOL)


def test_a_key_is_the_same_whatever_was_read_before(base: BaseModel) -> None:
    fresh = tokenizer_key(base.tokenizer, max_length=24)
    base.tokenizer(["the cat"], padding="max_length", max_length=9, truncation=True)
    tokenise(base.tokenizer, ["the cat"], max_length=5)
    assert tokenizer_key(base.tokenizer, max_length=24) == fresh


def test_what_a_tokenizer_written_in_python_reads_is_not_kept(
    base: BaseModel, tmp_path: Path
) -> None:
    slow = ByT5Tokenizer()
    assert tokenizer_key(slow, max_length=8) is None
    assert tokenise(slow, ["cat", "cattle" * 9], max_length=8)["cat"] == (102, 100, 119)
    model = model_of(base)
    model._reader.tokenizer_key = None  # as it is with such a tokenizer
    train = encoded(model, tmp_path / "tokens").train("kin")
    assert list(train) == list(model.encode(1, POOL["kin"].train))
    assert not (tmp_path / "tokens").exists()


def test_examples_are_read_alike_in_parts_and_at_once(
    base: BaseModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of(base)
    whole = [model.encode(number, task.train) for number, task in enumerate(TASKS)]
    monkeypatch.setattr(encoded_split, "PART", 7)
    for number, task in enumerate(TASKS):
        parts = model.encode(number, task.train)
        assert list(parts) == list(whole[number])
        assert parts.arrays["ids"].dtype == whole[number].arrays["ids"].dtype
    bad = [*POOL["kin"].train[:17], replace(POOL["kin"].train[0], label=9)]
    with pytest.raises(BadTaskError, match="example 17 "):
        model.encode(1, bad)


def test_a_split_is_a_sequence(base: BaseModel) -> None:
    split = model_of(base).encode(2, POOL["pick"].train)
    examples = list(split)
    assert len(split) == len(examples) == 40
    assert split[-1] == split[39] == split[np.int64(39)] == examples[39]  # type: ignore[call-overload]
    assert split[3:30:9] == examples[3:30:9]
    assert split[38:50] == examples[38:]
    assert examples[0] != examples[1]
    for index in (40, -41):
        with pytest.raises(IndexError):
            split[index]
    empty = model_of(base).encode(2, [])
    assert (len(empty), list(empty)) == (0, [])


def test_a_batch_of_mapped_tokens_is_the_batch_of_tokens_in_memory(
    base: BaseModel, tmp_path: Path
) -> None:
    model = model_of(base)
    list(encoded(model, tmp_path).train("pick"))
    mapped = model.collate(encoded(model, tmp_path).train("pick")[:9])
    fresh = model.collate(model.encode(2, POOL["pick"].train[:9]))
    for name in ("input_ids_RT", "segments_RT", "answer_RT", "attention_RT", "gold_B", "task_B"):
        one, other = getattr(mapped, name), getattr(fresh, name)
        assert one.dtype == other.dtype
        assert torch.equal(one, other)
    assert mapped.input_ids_RT.dtype == torch.int64


def test_a_campaign_decides_the_same_with_an_empty_a_warm_and_no_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = {"count": 1, "proposals": 2, "steps": 3, "target_batch": 4, "probe": 8}
    file = write_small_campaign(tmp_path, rounds=rounds)
    (tmp_path / "file").touch()
    decided = []
    for number, cache in enumerate(("cache", "cache", "file")):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / cache))
        _, records = run_here(file, tmp_path / f"run {number}")
        decided.append(decisions(records))
    assert decided[0] == decided[1] == decided[2]
    assert list((tmp_path / "cache" / "sextant" / "tokens").glob("*.safetensors"))
