"""A base model and a pool of tasks together: the model that a campaign trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from engine.model.answers import Answers, answers_of, check_kinds
from engine.model.base_model import too_long
from engine.model.base_network import BaseModel
from engine.model.decoder import DecoderModel
from engine.model.encoder import EncoderModel
from engine.training.jobs import Seed
from tasks import Task


def build_model(
    base: BaseModel, pool: Mapping[str, Task], *, max_length: int, seed: Seed
) -> EncoderModel | DecoderModel:
    """Give the base model a prefix vector and a head for every task of the pool.

    Args:
        base: As loaded; its network becomes part of the model.
        pool: Tasks by name; their order numbers prefixes and `Encoded.task`.
        max_length: Tokens a sequence, prefix included; longer texts are cut.
        seed: Of the heads' small starting weights; equal seeds give equal models.

    Raises:
        ValueError: If the network cannot read `max_length` tokens, or is asked to write texts and
            is an encoder.
    """
    check_kinds(pool, is_decoder=base.is_decoder)
    answers = [answers_of(task, base.tokenizer, max_length=max_length) for task in pool.values()]
    return build_for(base, answers, max_length=max_length, seed=seed)


def build_for(
    base: BaseModel, answers: Sequence[Answers], *, max_length: int, seed: Seed
) -> EncoderModel | DecoderModel:
    """The same for tasks of which only the answers are known."""
    limit = getattr(base.network.config, "max_position_embeddings", None)
    if limit is not None and max_length > limit:
        raise ValueError(too_long(base.name, max_length, limit))
    rng = torch.Generator().manual_seed(torch_seed(seed))
    kind = DecoderModel if base.is_decoder else EncoderModel
    return kind(base, answers, max_length=max_length, rng=rng)


def torch_seed(seed: Seed) -> int:
    """One number for torch from our entropy, well mixed."""
    return int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0] >> np.uint64(1))
