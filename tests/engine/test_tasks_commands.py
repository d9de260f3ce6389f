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


def test_the_sign_of_a_cut_is_explained_only_where_something_is_cut(
    campaign: Path, capsys: Capture
) -> None:
    shown = ["show", "mood", "--campaign", str(campaign), "--rows", "1"]
    assert "[-" not in _said(shown, capsys)
    assert "8 tokens a row; [-cut-]" in _said([*shown, "--max-length", "8"], capsys)


def test_a_length_needs_a_model(campaign: Path, capsys: Capture) -> None:
    said = _refused(["show", "mood", "--pool", "cards.yaml", "--max-length", "8"], capsys)
    assert "--max-length" in said
    assert "--model or --campaign" in said


def test_a_check_of_nothing_says_what_to_name(campaign: Path, capsys: Capture) -> None:
    said = _refused(["check"], capsys)
    assert "sextant tasks check cards.yaml" in said
    assert "--campaign" in said


def test_a_strict_check_has_an_exit_code_for_findings(campaign: Path, capsys: Capture) -> None:
    assert main(["tasks", "check", "cards.yaml", "--strict"]) == 6
    assert "small split" in capsys.readouterr().out
    assert main(["tasks", "check", "cards.yaml"]) == 0


def test_a_strict_check_that_finds_nothing_is_well(tmp_path: Path) -> None:
    words = [f"{a}{b}{c} {c}{a}" for a in "bdfglmnprst" for b in "aeiou" for c in "bdfglmnprst"]
    rows = [{"text": f"{w} at {w[::-1]}", "label": "aeiou".index(w[1])} for w in words]
    for number, split in enumerate(("train", "validation", "test")):
        lines = (json.dumps(row) + "\n" for row in rows[number::3])
        (tmp_path / f"{split}.jsonl").write_text("".join(lines))
    card = """
name: vowel
family: spelling
kind: labels
metric: accuracy
source: {files: {train: train.jsonl, validation: validation.jsonl, test: test.jsonl}}
template: {text: text}
label: label
labels: [a, e, i, o, u]
"""
    (tmp_path / "cards.yaml").write_text(card)
    assert main(["tasks", "check", str(tmp_path / "cards.yaml"), "--strict"]) == 0


@pytest.mark.parametrize("target", ["mood", "copy"])
def test_a_check_says_where_the_model_stands_that_cannot_write(
    target: str, campaign: Path, capsys: Capture
) -> None:
    _add_text_task(campaign.parent)
    text = campaign.read_text().replace("target: mood", f"target: {target}")
    campaign.write_text(text)
    said = _refused(["check", "--campaign", str(campaign)], capsys)
    assert "campaign.yaml:5" in said
    assert "copy. Take a decoder, such as" in said
    assert ("exclude" in said) == (target == "mood")


def test_a_check_says_where_the_length_stands_that_no_model_reads(
    campaign: Path, capsys: Capture
) -> None:
    campaign.write_text(campaign.read_text().replace("max_length: 32", "max_length: 129"))
    assert "campaign.yaml:6" in _refused(["check", "--campaign", str(campaign)], capsys)
    model = ["--model", str(campaign.parent / "encoder"), "--max-length", "129"]
    said = _refused(["check", "cards.yaml", *model], capsys)
    assert "at most 128" in said


def _add_text_task(folder: Path) -> None:
    (folder / "copy.jsonl").write_text(
        "".join(json.dumps({"text": f"say {n}", "said": f"{n}"}) + "\n" for n in range(150))
    )
    card = """---
name: copy
family: speech
kind: text
metric: exact_match
source: {files: {train: copy.jsonl}}
template: {text: text}
label: said
"""
    with (folder / "cards.yaml").open("a") as file:
        file.write(card)


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
