"""Tiny random models and toy tasks, built on the spot: what tests of the engine train and judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    BertConfig,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging as transformers_logging

from tasks import Example, Task

# Tensors this small gain nothing from more threads, which only wait for each other.
torch.set_num_threads(1)

BERT_SPECIALS = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
GPT2_SPECIALS = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}

GOOD = ("lovely", "bright", "happy", "kind", "calm")
BAD = ("awful", "gloomy", "angry", "rude", "noisy")
BEASTS = ("cat", "dog", "horse", "goat", "owl")
FRUITS = ("apple", "pear", "plum", "fig", "lemon")
TOOLS = ("hammer", "saw", "drill", "file", "wrench")
FILLERS = ("the", "a", "very", "some", "it", "was", "and", "there", "near", "seen")
KINDS = (BEASTS, FRUITS, TOOLS)


def tiny_encoder(folder: Path, *, dropout: float = 0.1) -> Path:
    """Write a random two-layer BERT with a WordPiece tokenizer into `folder`; return `folder`."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    specials = list(BERT_SPECIALS.values())
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=specials)
    tokenizer.train_from_iterator(_texts(), trainer)
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **BERT_SPECIALS)
    config = BertConfig(
        vocab_size=len(wrapped),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )
    return _save(wrapped, lambda: BertModel(config), folder)


def tiny_decoder(folder: Path, *, dropout: float = 0.1) -> Path:
    """Write a random two-layer GPT-2 with a byte-level BPE tokenizer into `folder`; return it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=list(GPT2_SPECIALS.values()),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(_texts(), trainer)
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **GPT2_SPECIALS)
    config = GPT2Config(
        vocab_size=len(wrapped),
        n_embd=32,
        n_layer=2,
        n_head=2,
        n_positions=128,
        bos_token_id=wrapped.bos_token_id,
        eos_token_id=wrapped.eos_token_id,
        pad_token_id=wrapped.pad_token_id,
        resid_pdrop=dropout,
        embd_pdrop=dropout,
        attn_pdrop=dropout,
    )
    return _save(wrapped, lambda: GPT2LMHeadModel(config), folder)


def tiny_tasks(*, train: int = 96, held_out: int = 48) -> list[Task]:
    """Four learnable toy tasks: two of kind labels (one with pairs), one options, one score.

    mood: good or bad; kin: are two things of one kind; pick: which option is of the text's kind
    (two to four options); tally: how many good words.
    """
    return [
        _task("mood", "labels", _mood, labels=("bad", "good"), sizes=(train, held_out)),
        _task("kin", "labels", _kin, labels=("unlike", "alike"), sizes=(train, held_out)),
        _task("pick", "options", _pick, sizes=(train, held_out)),
        _task("tally", "score", _tally, metric="spearman", sizes=(train, held_out)),
    ]


def tiny_text_task(*, train: int = 96, held_out: int = 48) -> Task:
    """A learnable toy task of kind text, for decoders: name the one beast among fillers."""
    return _task("copy", "text", _copy, metric="exact_match", sizes=(train, held_out))


def _save(
    tokenizer: PreTrainedTokenizerFast, build: Callable[[], PreTrainedModel], folder: Path
) -> Path:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build()
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    network.save_pretrained(folder)
    if shown:
        transformers_logging.enable_progress_bar()
    tokenizer.save_pretrained(folder)
    return folder


def _task(
    name: str,
    kind: str,
    draw: Callable[[np.random.Generator], Example],
    *,
    sizes: tuple[int, int],
    labels: tuple[str, ...] = (),
    metric: str = "accuracy",
) -> Task:
    rng = np.random.default_rng(sum(name.encode()))
    train, held_out = sizes
    return Task(
        name=name,
        family="toy",
        kind=kind,  # type: ignore[arg-type]
        metric=metric,
        labels=labels,
        train=tuple(draw(rng) for _ in range(train)),
        validation=tuple(draw(rng) for _ in range(held_out)),
        test=tuple(draw(rng) for _ in range(held_out)),
    )


def _sentence(rng: np.random.Generator, words: Sequence[str]) -> str:
    """`words` among three to nine fillers, in random order."""
    fillers = rng.choice(FILLERS, size=int(rng.integers(3, 10)))
    return " ".join(rng.permutation([*words, *fillers]).tolist())


def _mood(rng: np.random.Generator) -> Example:
    label = int(rng.integers(2))
    words = rng.choice((BAD, GOOD)[label], size=2)
    return Example(text=_sentence(rng, words.tolist()), label=label)


def _kin(rng: np.random.Generator) -> Example:
    label = int(rng.integers(2))
    first, other = rng.permutation(len(KINDS))[:2]
    second = first if label else other
    things = [str(rng.choice(KINDS[kind])) for kind in (first, second)]
    return Example(text=_sentence(rng, things[:1]), pair=_sentence(rng, things[1:]), label=label)


def _pick(rng: np.random.Generator) -> Example:
    kinds = rng.permutation(len(KINDS))
    num_options = int(rng.integers(2, 5))
    label = int(rng.integers(num_options))
    wrong = [str(rng.choice(KINDS[kinds[1 + i % 2]])) + " " * (i // 2) for i in range(num_options)]
    wrong[label] = str(rng.choice(KINDS[kinds[0]]))
    text = _sentence(rng, rng.choice(KINDS[kinds[0]], size=2).tolist())
    return Example(text=text, label=label, options=tuple(wrong))


def _tally(rng: np.random.Generator) -> Example:
    count = int(rng.integers(5))
    return Example(text=_sentence(rng, rng.choice(GOOD, size=count).tolist()), label=float(count))


def _copy(rng: np.random.Generator) -> Example:
    beast = str(rng.choice(BEASTS))
    answer = f"{'an' if beast[0] in 'aeiou' else 'a'} {beast}"
    return Example(text=_sentence(rng, [beast]), label=1, answer=answer)


def _texts() -> list[str]:
    tasks = tiny_tasks()
    return [text for task in tasks for one in task.train for text in (one.text, one.pair)]
