"""An end to waiting for what has none of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` gives or raises, unless it takes longer; then it goes on, but nobody waits.

    Raises:
        TimeoutError: After `seconds`.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    # A daemon, for an executor's thread would be waited for when Python ends.
    threading.Thread(target=run, daemon=True).start()
    return outcome.result(timeout=seconds)
