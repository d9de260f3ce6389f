"""`sextant compare` from the command line: its tables and files, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_campaign import write_small_campaign

from engine.campaign.named_policies import named_policies
from engine.cli import main
from engine.cli.compare_command import seeds_of
from tasks import InputError


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rounds = {"count": 1, "steps": 2, "target_batch": 4, "candidate_batch": 4, "probe": 4}
    return write_small_campaign(tmp_path_factory.mktemp("compare"), rounds=rounds)


def test_it_prints_tables_writes_files_and_says_which_campaigns_ended(
    campaign: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    policies = "target-only,proportional"
    arguments = ["compare", str(campaign), "--policies", policies, "--seeds", "0,"]
    assert main([*arguments, "--targets", "kin", "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        "1 of 2 campaigns: kin, seed 0, target-only",
        "2 of 2 campaigns: kin, seed 0, proportional",
    ]
    assert "over all targets and seeds" in said.out and "tuned target-only" in said.out
    names = {"compare.md", "compare.parquet", "gains.png", "comparison.yaml", "kin"}
    assert {path.name for path in out.iterdir()} == names
    assert (out / "kin" / "seed-0" / "proportional" / "mixture.json").exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--policies": "navigatr"}, "No policy 'navigatr'. Did you mean 'navigator'"),
        ({"--policies": "compass:kk=1"}, "unknown option of policy 'compass'"),
        ({"--policies": ","}, "--policies: names no policy"),
        ({"--policies": "compass,compass"}, "'compass' is named twice"),
        ({"--targets": "mod"}, "--targets: no task 'mod' in the pool. Did you mean 'mood'"),
        ({"--targets": "mood,mood"}, "'mood' is named twice"),
        ({"--targets": ""}, "--targets: names no task"),
        ({"--seeds": "many"}, "--seeds: expected how many (3), or which"),
        ({"--set": "budget_tokens=1"}, "buys no round"),
    ],
)
def test_what_is_named_wrongly_is_told_in_one_message_before_anything_is_made(
    campaign: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, str],
    said: str,
) -> None:
    options = {"--policies": "compass", "--out": str(tmp_path / "out"), **changed}
    flat = [word for pair in options.items() for word in pair]
    assert main(["compare", str(campaign), *flat]) == 2
    told = capsys.readouterr().err
    assert said in told and "Traceback" not in told
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_else_in_it_is_refused(
    campaign: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")
    assert main(["compare", str(campaign), "--policies", "compass", "--out", str(tmp_path)]) == 2
    assert "holds something else than a comparison" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_seeds_are_how_many_or_which() -> None:
    assert seeds_of("3") == (0, 1, 2)
    assert seeds_of("7,") == (7,)
    assert seeds_of("4, 2") == (4, 2)
    for wrong in ("", "0", "-1", "1,1", "1.5", "1,x", str(2**32) + ","):
        with pytest.raises(ValueError, match="--seeds"):
            seeds_of(wrong)


def test_a_policy_is_named_with_its_options_and_gets_a_folder_of_its_own() -> None:
    one, two = named_policies("compass, compass:k=2")
    assert (one.policy, one.options, one.folder) == ("compass", {}, "compass")
    assert (two.policy, two.options, two.folder) == ("compass", {"k": 2}, "compass_k=2")
    (plugin,) = named_policies("policies.by_signal.compass:Compass:k=2")
    assert (plugin.policy, plugin.options) == ("policies.by_signal.compass:Compass", {"k": 2})
    with pytest.raises(InputError, match="named twice, or reads like another"):
        named_policies("compass:k=2,compass:k=2")
