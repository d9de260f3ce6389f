"""What a user can get wrong: one clear message, an exit code, no traceback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from small_campaign import write_small_campaign

from engine.campaign.campaign_file import check_campaign, read_campaign
from engine.campaign.run_folder import RunFolder
from engine.cli import main


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "campaign"
    write_small_campaign(folder)
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "campaign")
    return tmp_path / "campaign"


def _set(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "campaign.yaml"
        content = yaml.safe_load(path.read_text())
        path.write_text(yaml.safe_dump({**content, **changes}, sort_keys=False))

    return change


def _text(extra: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "campaign.yaml"
        path.write_text(path.read_text() + extra)

    return change


def _few_validation_rows(folder: Path) -> None:
    path = folder / "mood-validation.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:15]))


def _missing_column(folder: Path) -> None:
    path = folder / "cards.yaml"
    path.write_text(path.read_text().replace("text: text", "text: txet", 1))


def _label_out_of_range(folder: Path) -> None:
    path = folder / "mood-train.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[6]["label"] = 7
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _constant(name: str, label: float) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / f"{name}.jsonl"
        rows = [json.loads(line) | {"label": label} for line in path.read_text().splitlines()]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    return change


def _constant_score(folder: Path) -> None:
    _set(target="tally")(folder)
    _constant("tally-train", 2.5)(folder)


WRONG: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "unknown key": (_set(rouns={"count": 2}), ("campaign.yaml:", "rouns", "'rounds'")),
    "unknown nested key": (
        _set(warm_up={"steps": 6, "stpes": 2}),
        ("campaign.yaml:", "warm_up.stpes", "'steps'"),
    ),
    "wrong type": (_set(seed="no"), ("campaign.yaml:", "seed", "whole number", "'no'")),
    "out of range": (_set(budget_tokens=0), ("campaign.yaml:", "budget_tokens", "0")),
    "duplicate key": (_text("name: again\n"), ("campaign.yaml:", "name", "line 1")),
    "target not in the pool": (_set(target="moood"), ("campaign.yaml:2", "'moood'", "'mood'")),
    "no target at all": (_set(target={}), ("campaign.yaml:2", "target")),
    "excluded task not in the pool": (_set(exclude=["kim"]), ("'kim'", "kin")),
    "unknown policy": (
        _set(policy={"name": "navigater"}),
        ("campaign.yaml:", "'navigater'", "'navigator'"),
    ),
    "unknown policy option": (
        _set(policy={"name": "compass", "options": {"kk": 3}}),
        ("policy.options.kk", "compass"),
    ),
    "policy option out of range": (
        _set(policy={"name": "compass", "options": {"k": 0}}),
        ("compass", "k", "0"),
    ),
    "policy module that is none": (
        _set(policy={"name": "no_such_module:Policy"}),
        ("no_such_module",),
    ),
    "unknown executor": (_set(executor={"name": "rya"}), ("'rya'", "local, ray")),
    "model folder that is not one": (_set(model="."), ("campaign.yaml:", "config.json")),
    "slip of a model's name": (_set(model="minilmm"), ("campaign.yaml:", "'minilm'?")),
    "longer than the model reads": (
        _set(max_length=600),
        ("campaign.yaml:6", "600", "at most 128"),
    ),
    "budget that buys no round": (_set(budget_tokens=10), ("budget_tokens", "10", "at least")),
    "pool file that does not exist": (_set(pool=["card.yaml"]), ("card.yaml",)),
    "column that does not exist": (_missing_column, ("jsonl:", "txet", "'text'")),
    "too few validation rows": (_few_validation_rows, ("campaign.yaml:2", "at least 20", "15")),
    "target with one answer in train": (
        _constant("mood-train", 1),
        ("campaign.yaml:2:9: target: all of the train split", "mood-train.jsonl:1)", "'good'"),
    ),
    "target with one answer in validation": (
        _constant("mood-validation", 0),
        ("campaign.yaml:2:9: target: a half of the validation", "mood-validation.jsonl:", "'bad'"),
    ),
    "target with one score in train": (
        _constant_score,
        ("campaign.yaml:2:9: target: all of the train split", "'tally'", "answer 2.5"),
    ),
    "no candidates": (
        _set(exclude=["kin", "pick", "tally"]),
        ("campaign.yaml:", "no candidates"),
    ),
    "label out of range": (_label_out_of_range, ("mood-train.jsonl:7", "label", "7")),
}


@pytest.mark.parametrize("mistake", list(WRONG))
def test_a_mistake_is_one_message_and_nothing_is_created(
    mistake: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, expected = WRONG[mistake]
    change(folder)
    code = main(["run", str(folder / "campaign.yaml"), "--out", str(folder / "out")])
    said = capsys.readouterr().err
    assert code == 2, said
    assert "Traceback" not in said
    for words in expected:
        assert words in said
    assert not (folder / "out").exists()


def test_a_missing_campaign_file_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "campaign.yaml").write_text("name: x\n")
    code = main(["run", str(tmp_path / "campain.yaml"), "--out", str(tmp_path / "out")])
    assert code == 2
    assert "campain.yaml: no such file. Did you mean 'campaign.yaml'?" in capsys.readouterr().err


def test_a_card_is_no_campaign(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["run", str(folder / "cards.yaml"), "--out", str(folder / "out")])
    said = capsys.readouterr().err
    assert code == 2
    assert "cards.yaml:1:1: this is a card" in said
    assert "`pool: [cards.yaml]`" in said
    assert said.count("\n") == 1


USAGE = {
    "run": "Error: Missing argument 'CAMPAIGN.yaml'. See 'sextant run --help'.",
    "run a.yaml": "Error: Missing option '--out DIR'. See 'sextant run --help'.",
    "tasks show x --rows 0": "'--rows': Input should be greater than or equal to 1. See",
    "tasks show x --modl y": "No such option: --modl (Possible options: --model, --pool). See",
    "tasks shw": "No such command 'shw'. Did you mean 'show'? See 'sextant tasks --help'.",
}


@pytest.mark.parametrize("line", list(USAGE))
def test_a_wrong_command_line_is_answered_with_the_option(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == 2
    assert USAGE[line] in capsys.readouterr().err


def test_a_command_without_arguments_prints_its_help_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["tasks"]) == 2
    assert "Error" not in capsys.readouterr().err


def test_an_unknown_command_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["rum"]) == 2
    assert "'run'" in capsys.readouterr().err


@pytest.mark.parametrize("setting", ["seed", "seed=no", "rounds.cuont=2", "=3"])
def test_a_wrong_setting_names_its_key(
    setting: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "out"
    code = main(["run", str(folder / "campaign.yaml"), "--out", str(out), "--set", setting])
    assert code == 2
    assert setting.split("=")[0].split(".")[-1] in capsys.readouterr().err
    assert not out.exists()


SETTINGS = {
    "budget_tokens=-5": "--set budget_tokens=-5: expected a whole number >= 1, got -5.",
    "budget_tokens=10": "--set budget_tokens=10: 10 buys no round",
    "rounds.cuont=2": "--set rounds.cuont=2: unknown key. Did you mean 'count'?",
    "target=moood": "--set target=moood: no task 'moood' in the pool.",
    "warm_up={steps: no}": "--set warm_up={steps: no}: warm_up.steps: expected",
    "policy={name: navigater}": "--set policy={name: navigater}: ",
}


@pytest.mark.parametrize("setting", list(SETTINGS))
def test_what_is_wrong_with_a_setting_is_never_blamed_on_the_file(
    setting: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["run", str(folder / "campaign.yaml"), "--out", str(folder / "out")]
    assert (
        main([*line, "--set", "warm_up.steps=0", "--set", "warm_up.steps=3", "--set", setting]) == 2
    )
    said = capsys.readouterr().err
    assert SETTINGS[setting] in said
    assert "campaign.yaml" not in said


def test_a_folder_with_other_files_is_not_written_into(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("mine")
    code = main(["run", str(folder / "campaign.yaml"), "--out", str(out)])
    assert code == 2
    assert "holds 1 file and no ledger" in capsys.readouterr().err
    assert [file.name for file in out.iterdir()] == ["thesis.tex"]


def test_a_folder_of_another_campaign_is_refused_with_the_difference(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    campaign, out = str(folder / "campaign.yaml"), folder / "out"
    assert main(["measure", campaign, "--out", str(out)]) == 0
    before = (out / "ledger.jsonl").read_bytes()
    capsys.readouterr()
    changed = ["--set", "seed=3", "--set", "rounds.count=3"]
    assert main(["run", campaign, "--out", str(out), *changed]) == 2
    said = capsys.readouterr().err
    assert "differs: rounds.count: 2 -> 3; seed: 0 -> 3. Choose" in said
    assert "another --out" in said
    assert (out / "ledger.jsonl").read_bytes() == before


def test_a_folder_in_use_is_refused_naming_the_holder(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = RunFolder.prepare(folder / "out")
    with held.lock():
        code = main(["run", str(folder / "campaign.yaml"), "--out", str(held.path)])
    assert code == 17
    assert "in use by process" in capsys.readouterr().err


def test_an_altered_ledger_is_refused_with_its_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    campaign, out = str(folder / "campaign.yaml"), folder / "out"
    assert main(["measure", campaign, "--out", str(out)]) == 0
    ledger = out / "ledger.jsonl"
    ledger.write_text(ledger.read_text().replace('"job":"warm-up"', '"job":"warm-uq"', 1))
    capsys.readouterr()
    assert main(["run", campaign, "--out", str(out)]) == 4
    assert "ledger.jsonl:2: damaged line" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["measure", "compare"])
def test_a_target_with_one_answer_is_refused_by_every_command_that_trains(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _constant("mood-train", 1)(folder)
    line = [command, str(folder / "campaign.yaml"), "--out", str(folder / "out")]
    line += ["--policies", "compass"] if command == "compare" else []
    assert main(line) == 2
    assert "'mood'" in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_a_candidate_with_one_answer_is_allowed(folder: Path) -> None:
    _constant("kin-train", 1)(folder)
    assert check_campaign(*read_campaign(folder / "campaign.yaml"))
