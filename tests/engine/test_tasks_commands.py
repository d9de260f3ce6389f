"""`sextant tasks`: what a person is told of a pool, and how mistakes are answered."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from small_campaign import write_small_campaign

from engine.cli import main

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_small_campaign(tmp_path)


def _said(arguments: list[str], capsys: Capture) -> str:
    assert main(["tasks", *arguments]) == 0
    return " ".join(capsys.readouterr().out.split())


def _refused(arguments: list[str], capsys: Capture) -> str:
    assert main(["tasks", *arguments]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


def test_the_list_has_sizes_metrics_and_sources(campaign: Path, capsys: Capture) -> None:
    said = _said(["list", "--pool", "cards.yaml"], capsys)
    assert "mood" in said
    assert "48 48 48 accuracy" in said
    assert "mood-train.jsonl" in said
    assert "4 tasks, 192 training examples" in said


def test_a_campaign_file_stands_for_its_pool_without_what_it_excludes(
    tmp_path: Path, capsys: Capture
) -> None:
    campaign = write_small_campaign(tmp_path, exclude=["kin"])
    assert "3 tasks" in _said(["list", "--campaign", str(campaign)], capsys)


def test_cards_find_their_files_in_the_data_folder(campaign: Path, capsys: Capture) -> None:
    folder = campaign.parent
    cards = folder / "elsewhere" / "cards.yaml"
    cards.parent.mkdir()
    shutil.move(folder / "cards.yaml", cards)
    assert "no such file" in _refused(["list", "--pool", str(cards)], capsys)
    assert "4 tasks" in _said(["list", "--pool", str(cards), "--data", str(folder)], capsys)


def test_a_run_finds_its_files_where_the_command_says(campaign: Path, capsys: Capture) -> None:
    folder = campaign.parent / "data # folder"
    folder.mkdir()
    for file in campaign.parent.glob("*.jsonl"):
        shutil.move(file, folder)
    assert main(["run", str(campaign), "--out", "out", "--data", folder.name]) == 0
    assert Path("out/report.html").exists()


def test_a_data_folder_that_is_none_is_named(campaign: Path, capsys: Capture) -> None:
    said = _refused(["list", "--pool", "cards.yaml", "--data", "nowhere"], capsys)
    assert "--data" in said
    assert "nowhere" in said


def test_a_task_is_shown_with_what_a_model_reads_and_what_it_does_not(
    campaign: Path, capsys: Capture
) -> None:
    shown = ["show", "kin", "--campaign", str(campaign), "--rows", "1"]
    whole = _said(shown, capsys)
    assert "[CLS] <kin> " in whole
    assert "[-" not in whole.replace("[-cut-]", "")
    cut = _said([*shown, "--model", str(campaign.parent / "encoder"), "--max-length", "8"], capsys)
    assert "8 of " in cut
    assert cut.replace("[-cut-]", "").count("[-") == 2  # the ends of text and pair


def test_without_a_model_only_texts_are_shown(campaign: Path, capsys: Capture) -> None:
    said = _said(["show", "kin", "--pool", "cards.yaml"], capsys)
    assert "answer" in said
    assert "[CLS]" not in said


def test_an_unknown_task_is_answered_with_the_nearest(campaign: Path, capsys: Capture) -> None:
    assert "'mood'" in _refused(["show", "moood", "--pool", "cards.yaml"], capsys)


def test_a_check_says_what_a_target_is_judged_on_and_how_much_is_cut(
    campaign: Path, capsys: Capture
) -> None:
    folder = campaign.parent
    judged = (folder / "mood-test.jsonl").read_text().splitlines()
    long = [json.loads(line) for line in judged]
    for number, row in enumerate(long):
        row["text"] = " ".join([row["text"]] * 8 + [str(number)])
    rows = "".join(f"{json.dumps(row)}\n" for row in long)
    (folder / "mood-test.jsonl").write_text(rows)
    with (folder / "kin-train.jsonl").open("a") as file:
        file.writelines(f"{json.dumps({**row, 'pair': 'x'})}\n" for row in long[:5])
    short = ["--model", str(folder / "encoder"), "--max-length", "8"]
    said = _said(["check", "--campaign", str(campaign), *short], capsys)
    assert "contamination" in said
    assert "kin-train.jsonl:49" in said
    assert "truncated" in said
    assert "shuffled" in said  # which no check can see
    alone = _said(["check", "cards.yaml"], capsys)
    assert "contamination" not in alone
    assert "truncated" not in alone


@pytest.mark.parametrize("name", ["found.md", "found.jsonl"])
def test_findings_are_written_where_asked(campaign: Path, capsys: Capture, name: str) -> None:
    _said(["check", "cards.yaml", "--out", name], capsys)
    written = Path(name).read_text()
    if name.endswith(".md"):
        assert written.startswith("# Checked tasks")
    else:
        assert {json.loads(line)["check"] for line in written.splitlines()} == {"small split"}


@pytest.mark.parametrize(
    ("out", "word"), [("found.txt", ".md or .jsonl"), ("no/found.md", "does not exist")]
)
def test_findings_that_cannot_be_written_are_refused_before_anything_is_read(
    campaign: Path, capsys: Capture, out: str, word: str
) -> None:
    assert word in _refused(["check", "no-such-card.yaml", "--out", out], capsys)


def test_every_problem_of_a_card_is_one_line_with_its_place(
    campaign: Path, capsys: Capture
) -> None:
    Path("cards.yaml").write_text("name: a\nkid: labels\nfamily: 3\n")
    said = _refused(["check", "cards.yaml"], capsys)
    assert "cards.yaml:2:1: kid" in said
    assert "cards.yaml:3" in said


def test_the_schema_is_json_that_knows_the_keys_of_a_card(capsys: Capture) -> None:
    assert main(["tasks", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert {"name", "kind", "template", "bad_rows"} <= set(schema["properties"])
