"""Keeps every test off the network, out of the home folder and quiet."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_CACHE = Path(tempfile.mkdtemp(prefix="sextant-tests-"))
atexit.register(shutil.rmtree, _CACHE, ignore_errors=True)


def _link_what_was_mined() -> None:
    """Mining takes long and is tested by itself; all else that is kept is made anew."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    (_CACHE / "sextant").mkdir()
    for mined in (home / "sextant").glob("pydocs-*.jsonl"):
        (_CACHE / "sextant" / mined.name).symlink_to(mined)


_link_what_was_mined()

# Before anything imports the libraries that read them.
os.environ.update(
    {
        # Otherwise Ray writes a token into the home folder.
        "RAY_AUTH_MODE": "disabled",
        "WANDB_MODE": "offline",
        "WANDB_SILENT": "true",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "XDG_CACHE_HOME": str(_CACHE),
    }
)

import pytest  # noqa: E402


@pytest.fixture(autouse=True)
def files_of_reporters_stay_in_the_tests_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
