"""Load a base model: tokenizer, float32 network, and whether it encodes or generates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    MODEL_FOR_MASKED_LM_MAPPING,
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoTokenizer,
)
from transformers.utils import logging as transformers_logging

from engine.model.base_model import model_source

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A pretrained network and the tokenizer that belongs to it."""

    name: str
    """As the campaign names it."""
    tokenizer: Any
    """A transformers tokenizer."""
    network: Any
    """A transformers model, float32; encoders come without a language-model head."""
    is_decoder: bool


def load_base(name: str) -> BaseModel:
    """Load a base model from its package, a local folder or the hub, quietly.

    Hub downloads happen unless `HF_HUB_OFFLINE=1`; code from the hub is never run and pickled
    weights are never read.

    Raises:
        ValueError: As `model_source`, or if the hub does not give the model or it is of a kind that
            we can't train (encoder-decoder).
    """
    source = model_source(name)
    with quiet():
        config = _config(name, source)
        return _tried(name, lambda: _load(name, source, config))


def is_decoder(name: str) -> bool:
    """Whether a base model generates; reads its configuration and no weights.

    Raises:
        ValueError: As `load_base`.
    """
    with quiet():
        return _is_decoder(_config(name, model_source(name)))


def load_tokenizer(name: str) -> tuple[Any, bool]:
    """A base model's tokenizer, and whether the model generates; reads no weights.

    Raises:
        ValueError: As `load_base`.
    """
    source = model_source(name)
    with quiet():
        decodes = _is_decoder(_config(name, source))
        return _tried(name, lambda: _tokenizer(source)), decodes


def _tokenizer(source: str) -> Any:
    return AutoTokenizer.from_pretrained(source, trust_remote_code=False)


def _config(name: str, source: str) -> Any:
    config = _tried(name, lambda: AutoConfig.from_pretrained(source, trust_remote_code=False))
    if config.is_encoder_decoder:
        raise ValueError(
            f"model: {name!r} is an encoder-decoder ({config.model_type}), which we can't "
            "train; use an encoder or a decoder."
        )
    return config


def _load(name: str, source: str, config: Any) -> BaseModel:
    is_decoder = _is_decoder(config)
    network = (AutoModelForCausalLM if is_decoder else AutoModel).from_pretrained(
        source,
        config=config,
        dtype=torch.float32,
        use_safetensors=True,
        trust_remote_code=False,
    )
    if not is_decoder and getattr(network, "pooler", None) is not None:
        network.pooler = None  # we pool ourselves; an unused part would be saved and moved about
    tokenizer = _tokenizer(source)
    return BaseModel(name=name, tokenizer=tokenizer, network=network, is_decoder=is_decoder)


def _tried(name: str, load: Callable[[], T]) -> T:
    try:
        return load()
    except (OSError, RuntimeError, ValueError, ImportError, SafetensorError) as error:
        raise ValueError(
            f"model: {name!r} could not be loaded ({_first_line(error)}). If it is a hub name, "
            "check its spelling, that it has safetensors weights, and the connection "
            "(HF_HUB_OFFLINE=1 allows only what was downloaded before); a local folder or "
            "'minilm' needs no connection."
        ) from error


def _is_decoder(config: Any) -> bool:
    """Whether the network generates: by its own word, else by what its kind is made for."""
    named = " ".join(config.architectures or ())
    if "ForCausalLM" in named or "LMHeadModel" in named:
        return True
    if getattr(config, "is_decoder", False):
        return True
    # BERT and its like are in both tables, as encoders that can be made to generate.
    kind = type(config)
    return kind in MODEL_FOR_CAUSAL_LM_MAPPING and kind not in MODEL_FOR_MASKED_LM_MAPPING


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars and no advice on the terminal while a model is read or written."""
    verbosity = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
