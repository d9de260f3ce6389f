"""`sextant replay`, from a table to files, and what it says of mistakes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from made_tables import mixture_rows, pair_rows, pair_world, written

from engine.campaign.named_policies import NamedPolicy
from engine.cli import main
from engine.replay.replaying import Settings, replay_all

POLICIES = "target-only,proportional:cap=100"


def _table(folder: Path) -> str:
    return str(written(pair_rows(), folder / "pairs.parquet"))


def test_a_replay_writes_its_files_and_prints_the_regrets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["--policies", POLICIES, "--campaigns", "2", "--budgets", "3,0", "--pick", "2"]
    assert main(["replay", _table(tmp_path), *arguments, "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "proportional:cap=100" in said.out
    assert "random-search" in said.out
    assert said.err == ""
    assert {path.name for path in out.iterdir()} == {
        *("replay.parquet", "summary.parquet", "summary.md"),
        *("regret.png", "regret_difference.png", "ndcg.png", "harmful.png"),
    }
    rows = pq.read_table(out / "replay.parquet").to_pylist()
    assert len(rows) == 3 * 3 * 2 * 2
    assert {row["budget"] for row in rows} == {0, 3}
    assert {len(row["picks"]) for row in rows} == {2}
    assert "cap=100" in (out / "summary.md").read_text()
    assert "- past: table\n" in (out / "summary.md").read_text()


def test_rows_are_the_same_on_one_worker_and_on_two(tmp_path: Path) -> None:
    world = pair_world(tmp_path)
    policies = [
        NamedPolicy(policy="proportional", options={"cap": 5}, name="a"),
        NamedPolicy(policy="random-search", name="b"),
    ]
    settings = Settings(budgets=(0, 4), campaigns=2)
    told: list[int] = []
    alone = replay_all(world, policies, settings, on_campaigns=told.append)
    assert replay_all(world, policies, settings, workers=2) == alone
    assert sum(told) == len(alone) == 2 * 3 * 2 * 2


def test_a_failure_in_a_worker_ends_the_replay_with_its_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policies = "faulty_policies:ForgetsToNormalise,target-only"
    arguments = ["--policies", policies, "--workers", "2", "--campaigns", "1", "--budgets", "1"]
    out = str(tmp_path / "out")
    assert main(["replay", _table(tmp_path), *arguments, "--out", out]) == 3
    assert (
        "Policy 'faulty_policies:ForgetsToNormalise', target 'red', round 0"
        in capsys.readouterr().err
    )
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--policies", "navigater"], "No policy 'navigater'. Did you mean 'navigator'?"),
        (["--policies", "proportional:capp=5"], "policy.options.capp: unknown option"),
        (["--policies", "proportional:cap=x"], "policy.options.cap"),
        (["--policies", "target-only,target-only"], "--policies: 'target-only' is named twice"),
        (["--policies", " , "], "--policies: names no policy"),
        (["--policies", "random-search:k=3"], "'random-search' has no options; leave them out"),
        (["--policies", "random-k:k=3:k=4"], "'random-k:k=3:k=4': 'k' is set twice"),
        (["--policies", "random-k:k"], "'random-k:k': 'k' sets no option; write OPTION=VALUE"),
        (["--policies", "random-k:"], "'random-k:': '' sets no option; write OPTION=VALUE"),
        (["--policies", "random-k:=3"], "'random-k:=3': '=3' sets no option"),
        (["--policies", "no_module:Policy:k"], "'k' sets no option"),
        (["--policies", "no_module:Policy:k=3"], "No module named 'no_module'"),
        (["--policies", "random-kk:k=3"], "No policy 'random-kk'. Did you mean 'random-k'?"),
        (["--policies", "target-only", "--pick", "0"], "--pick: expected a whole number of 1"),
        (["--policies", "target-only", "--probe-size", "few"], "--probe-size: expected a whole"),
        (["--policies", "target-only", "--budgets", "5,x"], "--budgets: expected a whole number"),
        (["--policies", "target-only", "--campaigns", "0"], "campaigns"),
        (["--policies", "target-only", "--targets", "redd"], "Did you mean 'red'?"),
        (["--policies", "target-only", "--past", "all"], "past"),
        (["--policies", "target-only", "--pick", "6"], "give at most 5, or 'any'"),
        (["--policies", "target-only", "--probe-size", "9"], "--probe-size: 9 is more sources"),
        ([], "--policies"),
    ],
)
def test_a_mistake_is_one_message(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    assert main(["replay", _table(tmp_path), *arguments, "--out", out]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert not Path(out).exists()


def test_an_out_that_is_a_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = _table(tmp_path)
    assert main(["replay", table, "--policies", "target-only", "--out", table]) == 2
    assert "--out: " in capsys.readouterr().err


@pytest.mark.parametrize("name", ["ledger.jsonl", "comparison.yaml"])
def test_a_replay_does_not_write_into_a_campaigns_or_a_comparisons_folder(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("")
    arguments = ["--policies", "target-only", "--out", str(tmp_path / "out")]
    assert main(["replay", _table(tmp_path), *arguments]) == 2
    assert f"({name}); choose another directory" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]


def test_a_replay_is_written_again_but_not_over_one_with_other_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    command = ["replay", _table(tmp_path), "--policies", "target-only", "--campaigns", "1"]
    command += ["--budgets", "0,1", "--out", out]
    assert main(command) == 0
    before = (tmp_path / "out" / "replay.parquet").read_bytes()
    assert main(command) == 0
    assert main([*command, "--pick", "2"]) == 2
    assert "holds a replay that differs: pick: 5 -> 2." in capsys.readouterr().err
    assert (tmp_path / "out" / "replay.parquet").read_bytes() == before


@pytest.mark.parametrize("answer", ["nearest", "surrogate"])
def test_a_replay_of_mixtures_says_how_they_were_answered(
    answer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = str(written(mixture_rows(), tmp_path / "mixtures.parquet"))
    out = tmp_path / "out"
    arguments = ["--policies", "proportional", "--campaigns", "1", "--budgets", "2"]
    assert main(["replay", table, *arguments, "--answer", answer, "--out", str(out)]) == 0
    words = "nearest recorded run" if answer == "nearest" else "Gaussian process"
    assert words in capsys.readouterr().out
    assert words in (out / "summary.md").read_text()


def test_a_mistake_loads_nothing_heavy(tmp_path: Path) -> None:
    command = ["replay", _table(tmp_path), "--policies", "target-only", "--out", "y"]
    command += ["--setup", "large"]
    code = f"from engine.cli import main; main({command!r})\nimport sys; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "--setup" in ended.stderr
    heavy = {"torch", "ray", "transformers", "datasets", "wandb", "matplotlib", "sklearn"}
    assert not heavy & set(ended.stdout.split())
