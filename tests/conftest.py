"""Keeps every test off the network, out of the home folder and quiet."""

from __future__ import annotations

import os
from pathlib import Path

# Before anything imports the libraries that read them.
os.environ.update(
    {
        # Otherwise Ray writes a token into the home folder.
        "RAY_AUTH_MODE": "disabled",
        "WANDB_MODE": "offline",
        "WANDB_SILENT": "true",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
)

import pytest


@pytest.fixture(autouse=True)
def files_of_reporters_stay_in_the_tests_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XDG_CACHE_HOME stays as it is: what was prepared there is meant to be found."""
    for name in ("WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
