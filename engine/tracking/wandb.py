"""Weights & Biases, at arm's length: nothing it does can stop, end or much delay a campaign."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from engine.tracking.events import Event
from engine.tracking.wandb_rows import Instruction, instruction

CAPACITY = 1000
"""Events that wait for W&B before further ones are dropped."""

_log = logging.getLogger(__name__)


class WandbReporter:
    """One W&B run per campaign, sent from a process of its own through a bounded queue.

    The first event starts the process. Without credentials, or without a server, it keeps the run
    offline in the run folder. What W&B has to say reaches `say`, from a thread.

    Args:
        folder: The run folder, which exists; W&B's own files go into its `wandb/`.
        say: Called with each line that a person should read.
        project: Where the run belongs, unless WANDB_PROJECT names another.
        patience_s: How long `close` waits.
        init_timeout_s: How long W&B tries to reach a server before it goes offline.
    """

    def __init__(
        self,
        folder: Path,
        *,
        say: Callable[[str], None],
        project: str = "sextant",
        patience_s: float = 9.0,
        init_timeout_s: float = 10.0,
    ) -> None:
        self._folder = folder.resolve()
        self._say = say
        self._project = project
        self._patience_s = patience_s
        self._init_timeout_s = init_timeout_s
        self._queue: queue.Queue[Instruction | None] = queue.Queue(maxsize=CAPACITY)
        self._process: subprocess.Popen[str] | None = None
        self._threads: tuple[threading.Thread, ...] = ()
        self._dropped = 0
        self._closed = False

    def report(self, event: Event) -> None:
        """Queue what W&B should hear; a full queue drops it. Never waits."""
        order = instruction(event, folder=self._folder, project=self._project)
        if order is None or self._closed:
            return
        if order["do"] == "open":
            order |= {"init_timeout": self._init_timeout_s, "finish_timeout": self._patience_s}
        if self._process is None:
            self._start()
        try:
            self._queue.put_nowait(order)
        except queue.Full:
            self._dropped += 1

    def close(self) -> None:
        """Let W&B finish for `patience_s` seconds, then end its process."""
        if self._closed:
            return
        self._closed = True
        if self._process is None:
            return
        deadline = time.monotonic() + self._patience_s
        with contextlib.suppress(queue.Full):
            self._queue.put(None, timeout=self._patience_s / 4)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._end(self._process)

    def _start(self) -> None:
        self._process = process = _process()
        write = threading.Thread(target=self._write, args=(process,), daemon=True)
        listen = threading.Thread(target=self._listen, args=(process,), daemon=True)
        self._threads = (write, listen)
        for thread in self._threads:
            thread.start()

    def _write(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        # A broken pipe means that the process ended; the listening thread says so.
        with contextlib.suppress(OSError, ValueError):
            while (order := self._queue.get()) is not None:
                process.stdin.write(json.dumps(order) + "\n")
                process.stdin.flush()
            process.stdin.close()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        spoke = False
        for words in process.stdout:
            spoke = True
            self._say(words.strip())
        if process.wait() and not spoke and not self._closed:
            self._say("W&B's process ended and is switched off; the ledger has everything.")

    def _end(self, process: subprocess.Popen[str]) -> None:
        if self._dropped:
            _log.warning("W&B was too slow and missed %d events.", self._dropped)
        if process.poll() is not None:
            return
        self._say(
            f"W&B did not finish within {self._patience_s:g} s and was ended. "
            f"What it has kept is in {self._folder / 'wandb'}; send it with `wandb sync`."
        )
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _process() -> subprocess.Popen[str]:
    # A session of its own: Ctrl-C is for the campaign, which then closes W&B in good order.
    return subprocess.Popen(
        [sys.executable, "-m", "engine.tracking.wandb_process"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
