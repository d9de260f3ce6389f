"""The page of the study: fills the tables of docs/signals.md and draws its pictures.

Between `<!-- name -->` and `<!-- end -->` everything is replaced, the rest stays as it was written.

    python -m benchmarks.signal_study.page --out runs/signal_study --page docs/signals.md
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.signal_study import branches, design
from benchmarks.signal_study.compare import AT_RANDOM, ONE_BRANCH, qualities, read_signals
from benchmarks.signal_study.luck import reach_of_luck
from benchmarks.signal_study.methods import OUT_OF_A_HAT
from benchmarks.signal_study.pictures import draw_gains, draw_methods
from benchmarks.signal_study.table import transfers
from benchmarks.signal_study.tables import decoys_table, luck_line, methods_table, truth_table

REFERENCES: Final = (
    AT_RANDOM,
    ONE_BRANCH,
    "number of examples",
    "same family",
    OUT_OF_A_HAT,
)
"""What is no signal."""


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--page", type=Path, required=True)
    options = parser.parse_args()
    measured = transfers(branches.read(options.out), candidates=design.TASKS)
    if not measured:
        raise SystemExit(
            f"{options.out}: no target is finished in any seed; run transfer.py first."
        )
    signals = read_signals(options.out / "signals.parquet", measured)
    found = qualities(measured, signals)
    tables = {
        "truth": truth_table(measured),
        "methods": methods_table(found, signals),
        "luck": luck_line(measured),
        "decoys": decoys_table(measured, signals),
    }
    page: Path = options.page
    page.write_text(filled_in(page.read_text(), tables))
    draw_gains(measured, page.with_name("signals-truth.png"))
    luck = reach_of_luck(measured, np.random.default_rng(0))
    draw_methods(found, page.with_name("signals-methods.png"), luck=luck, references=REFERENCES)


def filled_in(page: str, tables: Mapping[str, str]) -> str:
    """The page with its tables replaced.

    Raises:
        ValueError: If the page has no place for one of them.
    """
    for name, table in tables.items():
        begins, ends = f"<!-- {name} -->", "<!-- end -->"
        place = re.compile(f"({re.escape(begins)}\n).*?({re.escape(ends)})", re.DOTALL)
        found = place.search(page)
        if not found:
            raise ValueError(f"The page has no {begins} with {ends} behind it.")
        page = f"{page[: found.end(1)]}{table}\n{page[found.start(2) :]}"
    return page


if __name__ == "__main__":
    main()
