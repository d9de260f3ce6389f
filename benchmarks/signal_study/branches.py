"""The study's finished branches, a line each: what a run that was cut short goes on behind."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """One target trained beside one candidate from one seed's checkpoint."""

    seed: int
    target: str
    candidate: str
    """ "" for the control: the target alone."""
    temperature: float
    """Or residual scale, fitted on the gate split."""
    test_losses: tuple[float, ...]
    """Nats, calibrated, in the split's order; so are those of the selection split."""
    selection_losses: tuple[float, ...]
    plain_test_losses: tuple[float, ...]
    test_metric: float
    selection_metric: float
    tokens: int
    seconds: float


def append(out: Path, branch: Branch) -> None:
    """Add a line to OUT/branches.jsonl."""
    path = out / "branches.jsonl"
    # A line that was cut short stays, but what follows must not become part of it.
    torn = path.exists() and not path.read_bytes().endswith(b"\n")
    with path.open("a") as file:
        file.write("\n" * torn + json.dumps(asdict(branch)) + "\n")


def read(out: Path) -> list[Branch]:
    """What has finished, in that order; a line that was cut short does not count."""
    path = out / "branches.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [_branch(line) for line in lines if line.endswith("}")]


def _branch(line: str) -> Branch:
    data = json.loads(line)
    losses = {f.name: tuple(data[f.name]) for f in fields(Branch) if f.name.endswith("_losses")}
    return Branch(**{**data, **losses})
