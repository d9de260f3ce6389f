"""The look that all pictures of a report share, and how a figure becomes part of a page."""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from engine.wording import printable

# Okabe and Ito's palette: told apart with any kind of colour vision. Blue is what was chosen.
BLUE, ORANGE, GREEN, SKY, VERMILION, PURPLE, YELLOW = (
    *("#0072B2", "#E69F00", "#009E73", "#56B4E9", "#D55E00", "#CC79A7", "#F0E442"),
)
COLOURS = (BLUE, ORANGE, GREEN, SKY, VERMILION, PURPLE, YELLOW)
GREY, PALE, INK = "#9AA3AD", "#E3E7EB", "#24303B"

WIDTH = 8.2
"""Inches of a picture; the page shows 100 pixels an inch."""

STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "text.parse_math": False,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "x",
    "grid.color": PALE,
    "grid.linewidth": 0.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "svg.fonttype": "path",
    # A fixed salt and no date: the same ledger makes the same bytes.
    "svg.hashsalt": "sextant",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that needs nothing but itself."""

    data_uri: str
    alt: str
    """What it shows, in words."""
    width: int
    """Pixels at its natural size."""


def draw(paint: Callable[[Figure], None], *, height: float, alt: str) -> Picture:
    """Let `paint` fill a figure of the report's width and `height` inches; keep it as SVG."""
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        # A name in a script that the font lacks shows as boxes in the picture, right in the tables.
        warnings.simplefilter("ignore", UserWarning)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        paint(figure)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Date", "Creator"), None))
    svg = re.sub(r"<\?xml.*?<svg", "<svg", file.getvalue(), count=1, flags=re.DOTALL)
    data = base64.b64encode(svg.encode()).decode()
    return Picture(f"data:image/svg+xml;base64,{data}", alt, round(WIDTH * 100))


def label(name: str, *, most: int = 30) -> str:
    """A name that fits beside a picture."""
    name = printable(name)
    return name if len(name) <= most else name[: most - 1] + "\u2026"


def rows(axes: Any, names: Sequence[str]) -> None:
    """One named row for each, the first on top."""
    axes.set_yticks(range(len(names)), [label(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)


def zero_line(axes: Any, words: str) -> None:
    """Zero, and what it stands for."""
    axes.axvline(0, color=INK, linewidth=1)
    axes.annotate(
        words,
        (0, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=8,
        color=INK,
    )
