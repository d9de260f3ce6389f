"""The command line: light until a command runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code.

    0 finished, 2 bad input, 3 campaign aborted, 4 damaged files, 5 disk, 6 findings of `tasks check
    --strict`, 17 folder in use,
    130 and 143 signals, 1 a defect of ours.
    """
    from engine.cli.app import run_command

    return run_command(list(sys.argv[1:] if arguments is None else arguments))
