"""What README shows works as written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from engine.campaign.campaign_file import read_campaign
from engine.cli import main

README = Path(__file__).parents[2] / "README.md"
CARDS, CAMPAIGN = re.findall(r"```yaml\n(.*?)```", README.read_text(), flags=re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "reviews").mkdir()
    for split in ("train", "dev", "test"):
        rows = [f"Title {i} {split},Body of {split} {i},{i % 2}" for i in range(60)]
        text = "\n".join(["title,body,stars_above_3", *rows]) + "\n"
        (tmp_path / "reviews" / f"{split}.csv").write_text(text)
    quotes = [{"quote": f"Quote number {i}", "feeling": i % 2} for i in range(120)]
    (tmp_path / "quotes.jsonl").write_text("".join(json.dumps(q) + "\n" for q in quotes))
    (tmp_path / "cards.yaml").write_text(CARDS)
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN)
    return tmp_path


def test_the_cards_of_the_readme_describe_tasks(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tasks", "check", str(folder / "cards.yaml")]) == 0
    said = capsys.readouterr().out
    assert "reviews: 60 train, 60 validation, 60 test examples" in said
    assert "film_quotes" in said


def test_the_campaign_of_the_readme_is_one(folder: Path) -> None:
    campaign, _ = read_campaign(folder / "campaign.yaml")
    assert campaign.targets == {"reviews": 1.0}


def test_every_file_that_the_readme_names_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README.read_text())
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []
