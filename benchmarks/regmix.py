"""Navigator against a Gaussian process and random search, on RegMix's recorded pre-training runs.

768 mixtures of 17 domains and the losses of a model of 1 M parameters trained on each; every one of
the 13 domains with a loss is a target in turn. A round tests four mixtures, each answered by the
nearest run that was not drawn yet. Once the domain that is the target's own is told apart, as
`sextant replay` does (navigator expects something of a target's own family), and once nothing is
told of any domain: the difference is what navigator knew beforehand, and not how well it searches.

    python benchmarks/regmix.py --campaigns 20 --out runs/regmix

It leaves tables and pictures in OUT (told.md, hidden.md), with 95 % intervals over targets.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from engine.campaign.named_policies import NamedPolicy
from engine.replay.mixtures import MixtureTarget
from engine.replay.opening import Opening, open_world
from engine.replay.pictures import draw_pictures
from engine.replay.random_search import NAME as RANDOM_SEARCH
from engine.replay.recorded import World
from engine.replay.replaying import Settings, replay_all
from engine.replay.summary import summarised
from engine.replay.writing import markdown

TABLE = Path(__file__).parents[2] / "shared" / "data" / "transfer" / "regmix_1m.parquet"
POLICIES = (
    NamedPolicy(name="navigator", policy="navigator"),
    NamedPolicy(name="gaussian-process", policy="gaussian-process", options={"tasks": 17}),
    NamedPolicy(name=RANDOM_SEARCH, policy=RANDOM_SEARCH),
)


def hidden(world: World) -> World:
    """The same, but no domain is of the target's family."""
    return replace(world, targets=tuple(map(_without_family, world.targets)))


def _without_family(target: object) -> MixtureTarget:
    assert isinstance(target, MixtureTarget)
    (only,) = target.view.targets
    return replace(target, view=replace(target.view, targets=(replace(only, family=""),)))


def show(name: str, world: World, settings: Settings, out: Path, workers: int) -> None:
    """Replay, and write tables and pictures."""
    lines = summarised(replay_all(world, POLICIES, settings, workers=workers))
    page = markdown(lines, world, {"own domain": name, "campaigns": settings.campaigns})
    (out / f"{name}.md").write_text(page)
    print(page, flush=True)
    for path in draw_pictures(lines, world, out):
        path.replace(out / f"{name}-{path.name}")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--campaigns", type=int, default=20)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    if not TABLE.is_file():
        raise SystemExit(f"{TABLE} is not there: recorded tables do not come with the package.")
    given.out.mkdir(parents=True, exist_ok=True)
    settings = Settings(budgets=(4, 8, 16, 32), campaigns=given.campaigns, proposals=4)
    world = open_world(TABLE, Opening())
    for name, one in (("told", world), ("hidden", hidden(world))):
        show(name, one, settings, given.out, given.workers)


if __name__ == "__main__":
    main()
