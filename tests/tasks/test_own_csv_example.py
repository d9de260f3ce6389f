"""README's "your own csv in five minutes" works as written."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.cli import main
from tasks import load_pool
from tasks.problems import InputError

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "own_csv"
README = (ROOT / "README.md").read_text(encoding="utf-8")
README = README[README.index("## Your own csv in five minutes") : README.index("## Describing")]
DATA = ("tickets.csv", "chats.jsonl", "reviews.csv")


def shown(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def commands() -> Mapping[str, list[str]]:
    """Such as "tasks check" -> the arguments after `sextant`, as the README has them."""
    lines = [shlex.split(line, comments=True) for line in shown("sh")[0].splitlines()]
    assert all(line[0] == "sextant" for line in lines)
    return {" ".join(line[1:3]) if line[1] == "tasks" else line[1]: line[1:] for line in lines}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a user has after writing down what the README shows; the current folder."""
    for name in DATA:
        shutil.copy(EXAMPLE / name, tmp_path)
    for name, text in zip(("cards.yaml", "campaign.yaml"), shown("yaml"), strict=True):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_the_files_beside_the_readme_are_those_that_it_shows(folder: Path) -> None:
    for name in ("cards.yaml", "campaign.yaml"):
        assert (EXAMPLE / name).read_text() == (folder / name).read_text(), name


def test_the_rows_that_the_readme_shows_are_in_the_file() -> None:
    lines = (EXAMPLE / "tickets.csv").read_text().splitlines()
    assert set(shown("csv")[0].splitlines()) <= set(lines)


def test_the_readme_tells_how_many_rows_there_are(folder: Path) -> None:
    pool = load_pool(["cards.yaml"], base=folder)
    rows = {n: len(t.train) + len(t.validation) + len(t.test) for n, t in pool.items()}
    assert rows == {"tickets": 200, "chats": 120, "reviews": 120}
    assert "(200 messages" in README
    assert "(120 chat messages" in README
    assert "(120 reviews" in README
    assert f"{len(pool['tickets'].test)} test messages" in README


def test_a_check_says_that_splits_are_small_and_nothing_else(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(commands()["tasks check"]) == 0
    said = capsys.readouterr().out
    findings = [line for line in said.splitlines() if re.match(r"(tickets|chats|reviews) ", line)]
    assert findings
    assert all("small split" in line for line in findings)


def test_the_list_names_every_task(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(commands()["tasks list"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("tickets", "chats", "reviews"))


def test_a_task_is_shown_as_it_is_posed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(commands()["tasks show"]) == 0
    first = load_pool(["cards.yaml"], base=folder)["tickets"].train[0]
    said = " ".join(capsys.readouterr().out.split())
    assert first.text in said


def test_stars_are_numbers_and_truth_values_have_names(folder: Path) -> None:
    pool = load_pool(["cards.yaml"], base=folder)
    assert {example.label for example in pool["reviews"].train} == {1.0, 2.0, 3.0, 4.0, 5.0}
    chats = pool["chats"]
    urgent = {
        example.text: chats.labels[int(example.label)]
        for example in (*chats.train, *chats.validation, *chats.test)
    }
    assert urgent["Can I recycle the capsules?"] == "not urgent"
    assert urgent["Hospital ward here, our only water heater is down."] == "urgent"


def test_a_label_that_the_card_does_not_list_is_named_with_its_row(folder: Path) -> None:
    with (folder / "tickets.csv").open("a") as file:
        file.write("Where is my parcel?,delivry\n")
    with pytest.raises(InputError, match=r"tickets\.csv:202: .*'delivry'.*'delivery'"):
        load_pool(["cards.yaml"], base=folder)


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.timeout(900)
def test_the_campaign_runs_to_its_report(folder: Path) -> None:
    assert main(commands()["run"]) == 0
    assert (folder / "runs" / "first" / "report.html").exists()
    assert (folder / "runs" / "first" / "model").is_dir()
