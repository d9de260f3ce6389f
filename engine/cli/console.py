"""Where commands print: as wide as the terminal, or wide enough for a pipe."""

from __future__ import annotations

import sys

from rich.console import Console

_PIPE_WIDTH = 160


def open_console() -> Console:
    """A console for tables: in a pipe nothing is cut at 80 columns."""
    return Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH)
