"""Campaigns on recorded results: no model, no training, thousands of decisions a minute.

    from pathlib import Path
    from engine.replay.opening import Opening, open_world
    from engine.replay.replaying import Settings, replay
    from policies import Navigator

    world = open_world(Path("taskweb.parquet"), Opening(setup="t5l-finetune"))
    rows = replay(world, Navigator(), Settings(budgets=(0, 10), campaigns=20))

`docs/replay.md` says what a table holds and what the numbers mean.
"""
