"""What must be quick to start loads nothing heavy; every exported name is there."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

HEAVY = ("torch", "ray", "transformers", "datasets", "wandb", "matplotlib")

LIGHT = {
    "the command line": "from engine.cli import main; main(['--help'])",
    "help of a command": "from engine.cli import main; main(['run', '--help'])",
    "a refused campaign": "from engine.cli import main; main(['run', 'no.yaml', '--out', 'x'])",
    "the list of policies": "from engine.cli import main; main(['policies', 'list'])",
    "the package roots": "import cluster, engine, policies, tasks",
    "reading a ledger": "from engine import read_ledger",
}


@pytest.mark.parametrize("what", list(LIGHT))
def test_it_loads_nothing_heavy(what: str) -> None:
    code = f"{LIGHT[what]}\nimport sys; print(*sys.modules, file=sys.stderr)"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert not set(HEAVY) & set(ended.stderr.split())


@pytest.mark.parametrize("package", ["cluster", "engine", "policies", "tasks"])
def test_every_exported_name_resolves_and_none_is_listed_twice(package: str) -> None:
    module = import_module(package)
    assert len(module.__all__) == len(set(module.__all__))
    for name in module.__all__:
        assert getattr(module, name) is not None
