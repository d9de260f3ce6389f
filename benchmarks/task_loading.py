"""How fast are tasks loaded and tokenised, beside plain `datasets` with the same tokenizer?

Both read the same parquet files by turns, each time in a new process and with one thread. Seconds
run from the first file to the last split; imports and the model are not counted. Plain: for each
task `load_dataset`, then `map` with the tokenizer, batched, and nothing else. Ours: `load_pool` and
every split of an `EncodedPool`, which also poses, checks and hashes each row and frames it as the
model reads it. Screening is not in it.

    python benchmarks/task_loading.py
    python benchmarks/task_loading.py --data DIR --cards examples/suite/cards

Without `--data` texts are random words of the tokenizer's vocabulary, half of the tasks have pairs.
With it, the tasks are those whose texts are columns as they stand, for plain `datasets` knows no
templates.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from engine.model.base_model import MINILM, minilm_folder
from tasks import Split, load_pool, read_cards

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
MAX_LENGTH = 128
ROOT = Path(__file__).resolve().parents[1]
CACHE = "BENCHMARK_CACHE"

RUNS = {
    "plain, cache off": ("plain", "off"),
    "plain, filling its cache": ("plain", "cache"),
    "plain, from its cache": ("plain", "cache"),
    "ours, filling the cache": ("ours", "cache"),
    "ours, from the cache": ("ours", "cache"),
}
"""What is measured, in the order of a turn -> who, and which cache of the turn."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one process measured."""

    load: float
    tokenise: float
    rows: int

    @property
    def seconds(self) -> float:
        return self.load + self.tokenise


def main() -> None:
    options = _options()
    if options.measure:
        taken = {"ours": ours, "plain": plain}[options.measure](options.work)
        print(json.dumps([taken.load, taken.tokenise, taken.rows]))
        return
    with tempfile.TemporaryDirectory(prefix="task-loading-") as name:
        work = Path(name)
        if options.data is None:
            _make_tasks(work, tasks=options.tasks, rows=options.rows)
        else:
            _choose_tasks(work, options.data, options.cards, most=options.tasks)
        turns = [_turn(work, number) for number in range(options.turns)]
    _print(turns)


def ours(work: Path) -> Taken:
    """Load a pool and tokenise all its splits, as a worker does."""
    from engine.model.base_network import load_base
    from engine.model.build_model import build_model
    from engine.storage.array_cache import ArrayCache
    from engine.training.encoded_pool import EncodedPool
    from tasks import cache_folder

    base = load_base(MINILM)
    started = time.perf_counter()
    pool = load_pool(["cards.yaml"], base=work, data=_data(work))
    loaded = time.perf_counter()
    model = build_model(base, pool, max_length=MAX_LENGTH, seed=(0,))
    built = time.perf_counter()
    encoded = EncodedPool(pool, model, cut_seed=(0,), cache=ArrayCache(cache_folder() / "tokens"))
    rows = sum(len(encoded.split(name, split)) for name in pool for split in SPLITS)
    return Taken(loaded - started, time.perf_counter() - built, rows)


def plain(work: Path) -> Taken:
    """Load the same tasks with `datasets` and map the tokenizer over them."""
    from datasets import disable_caching, load_dataset, utils
    from transformers import AutoTokenizer

    utils.disable_progress_bars()
    # Hashing the tokenizer takes `map` longer than reading some thousand rows with it. With the
    # cache off nobody needs the hash, and it is spared.
    unhashed = {"new_fingerprint": "0"} if os.environ[CACHE] == "off" else {}
    if unhashed:
        disable_caching()
    tokenizer = AutoTokenizer.from_pretrained(minilm_folder())
    # Its first call changes it, and with it the hash under which `map` keeps what it made.
    tokenizer("", truncation=True, max_length=MAX_LENGTH)

    def read(batch: Mapping[str, list[str]], columns: list[str]) -> Any:
        texts = (batch[column] for column in columns)
        return tokenizer(*texts, truncation=True, max_length=MAX_LENGTH)

    taken = Taken(0.0, 0.0, 0)
    for card in read_cards(work / "cards.yaml"):
        folder = _data(work) / str(card.source.folder)
        files = {split: str(folder / f"{split}.parquet") for split in SPLITS}
        columns = [part for part in (card.template.text, card.template.pair) if part]
        started = time.perf_counter()
        splits = load_dataset("parquet", data_files=files)
        loaded = time.perf_counter()
        for split in splits.values():
            split.map(read, batched=True, fn_kwargs={"columns": columns}, **unhashed)
        taken = Taken(
            taken.load + loaded - started,
            taken.tokenise + time.perf_counter() - loaded,
            taken.rows + sum(map(len, splits.values())),
        )
    return taken


def _turn(work: Path, number: int) -> dict[str, Taken]:
    """Every run once, each in a process of its own."""
    taken = {}
    for name, (who, cache) in RUNS.items():
        home = str(work / f"{who}-{cache}-{number}")
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TOKENIZERS_PARALLELISM": "false",
            "OMP_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            "HF_HOME": home,
            "XDG_CACHE_HOME": home,
            CACHE: cache,
        }
        command = [sys.executable, __file__, "--measure", who, "--work", str(work)]
        ended = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        taken[name] = Taken(*json.loads(ended.stdout.splitlines()[-1]))
        print(f"turn {number + 1}, {name}: {taken[name].seconds:.2f} s", file=sys.stderr)
    return taken


def _print(turns: list[dict[str, Taken]]) -> None:
    rows = turns[0]["plain, cache off"].rows
    print(f"{rows:,} rows, {MAX_LENGTH} tokens at most, one thread, medians of {len(turns)} turns")
    print(f"{'':26} {'load s':>8} {'tokens s':>8} {'both s':>8} {'rows/s':>9}")
    both = {}
    for name in RUNS:
        taken = [turn[name] for turn in turns]
        both[name] = statistics.median(one.seconds for one in taken)
        parts = (
            statistics.median(one.load for one in taken),
            statistics.median(one.tokenise for one in taken),
        )
        print(
            f"{name:26} {parts[0]:8.2f} {parts[1]:8.2f} {both[name]:8.2f} {rows / both[name]:9,.0f}"
        )
    for name in ("ours, filling the cache", "ours, from the cache"):
        for other in ("plain, cache off", "plain, from its cache"):
            ratios = [turn[other].seconds / turn[name].seconds for turn in turns]
            print(f"{name}: {statistics.median(ratios):.2f} times as fast as {other}")


def _make_tasks(work: Path, *, tasks: int, rows: int) -> None:
    """Parquet files and cards; 500 rows each of validation and test."""
    rng = np.random.default_rng(0)
    vocabulary = json.loads((minilm_folder() / "tokenizer.json").read_text())["model"]["vocab"]
    words = np.array([word for word in vocabulary if word.isalpha()])
    rng.shuffle(words)
    cards = []
    for number in range(tasks):
        name = f"task_{number:02}"
        (work / "data" / name).mkdir(parents=True)
        template = {"text": "text"} | ({"pair": "pair"} if number % 2 else {})
        for split in SPLITS:
            count = rows if split == "train" else 500
            table = {column: _texts(words, count, rng) for column in template}
            table["label"] = rng.integers(2, size=count).tolist()
            pq.write_table(pa.table(table), work / "data" / name / f"{split}.parquet")
        cards.append(_card(name, template))
    (work / "cards.yaml").write_text(yaml.safe_dump_all(cards))


def _texts(words: Any, count: int, rng: np.random.Generator) -> list[str]:
    """Sentences of three to sixty words, mostly short, frequent words in most of them."""
    lengths = np.clip(rng.lognormal(2.7, 0.6, size=count), 3, 60).astype(np.int64)
    drawn = (rng.zipf(1.3, size=int(lengths.sum())) - 1) % len(words)
    return [" ".join(words[part]) for part in np.split(drawn, np.cumsum(lengths)[:-1])]


def _card(name: str, template: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "family": "made",
        "kind": "labels",
        "metric": "accuracy",
        "source": {"folder": name},
        "template": dict(template),
        "label": "label",
        "labels": ["no", "yes"],
    }


def _choose_tasks(work: Path, data: Path, cards: Path, *, most: int) -> None:
    """The cards of those tasks that plain `datasets` can read."""
    (work / "data").symlink_to(data.resolve())
    documents: Iterable[Any] = (
        document
        for path in sorted(cards.glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
    )
    chosen = [document for document in documents if _is_plain(document, data)]
    (work / "cards.yaml").write_text(yaml.safe_dump_all(chosen[:most]))


def _is_plain(card: Mapping[str, Any], data: Path) -> bool:
    """Whether all texts of a card are columns of strings, none of them missing."""
    files = [data / str(card["source"].get("folder")) / f"{split}.parquet" for split in SPLITS]
    columns = list(card["template"].values())
    if card["kind"] == "options" or not all(file.exists() for file in files):
        return False
    if not all(set(columns) <= set(pq.read_schema(file).names) for file in files):
        return False
    texts = [column for file in files for column in pq.read_table(file, columns=columns).columns]
    return all(text.type == pa.string() and not text.null_count for text in texts)


def _data(work: Path) -> Path:
    return work / "data"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, help="a folder for each task, with parquet files")
    parser.add_argument("--cards", type=Path, default=ROOT / "examples" / "suite" / "cards")
    parser.add_argument("--tasks", type=int, default=50, help="at most so many")
    parser.add_argument("--rows", type=int, default=4000, help="of train, where data is made")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--measure", choices=("ours", "plain"), help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
