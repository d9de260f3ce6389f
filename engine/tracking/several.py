"""Many reporters as one; a reporter that fails is switched off and the campaign goes on."""

from __future__ import annotations

import logging
import threading

from engine.tracking.events import Event, Notice, Reporter

_log = logging.getLogger(__name__)


class Several:
    """Hands every event to every reporter, one event at a time, and never raises.

    Reporters may themselves have something to say from a thread of their own (`notice`), which is
    why a lock puts events in order.
    """

    def __init__(self, *reporters: Reporter) -> None:
        self._reporters = list(reporters)
        self._lock = threading.RLock()

    def add(self, reporter: Reporter) -> None:
        self._reporters.append(reporter)

    def report(self, event: Event) -> None:
        with self._lock:
            for reporter in tuple(self._reporters):
                try:
                    reporter.report(event)
                except Exception as error:
                    self._switch_off(reporter, error)

    def notice(self, message: str) -> None:
        """Tell everyone something; callable from any thread."""
        self.report(Notice(message=message))

    def close(self) -> None:
        """Close the last added first: what it says while closing still reaches the others."""
        for reporter in reversed(self._reporters):
            try:
                reporter.close()
            except Exception as error:
                _log.warning("%s did not close: %r", type(reporter).__name__, error)

    def _switch_off(self, reporter: Reporter, error: Exception) -> None:
        # Gone before anyone is told, so that a reporter that fails on notices fails only once.
        if reporter not in self._reporters:
            return
        self._reporters.remove(reporter)
        name = type(reporter).__name__
        _log.debug("%s raised", name, exc_info=error)
        self.notice(
            f"{name} failed and is switched off ({type(error).__name__}: {error}); "
            "the campaign goes on, and its ledger has everything."
        )
