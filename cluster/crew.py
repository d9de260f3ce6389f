"""The workers of a campaign: hired when there is work, replaced when lost."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import ray

from cluster.placement import no_room
from cluster.seat import Answer, Seat, Stage
from cluster.worker import WORKBENCH
from engine import Job, Setting

_log = logging.getLogger(__name__)

# Short, because Python handles signals only between waits.
_TICK_S = 0.2

_NOTICE_S = 60.0


class Crew:
    """At most `executor.workers` seats.

    Args:
        setting: What every worker builds its workbench from.
        bench: The workbench, as `module:Class`.
        placing_limit_s: How long all workers together may wait for a place on the cluster.
    """

    def __init__(
        self, setting: Setting, *, bench: str = WORKBENCH, placing_limit_s: float = 300.0
    ) -> None:
        self._setting = setting
        self._bench = bench
        self._placing_limit_s = placing_limit_s
        self._seats: list[Seat] = []
        self._notice_at = 0.0

    @property
    def num_busy(self) -> int:
        return len(self._at("busy"))

    def hand_out(self, queue: deque[Job]) -> None:
        """Give jobs to idle workers, and hire while there are more jobs than workers."""
        self._seats = [seat for seat in self._seats if seat.stage != "gone"]
        for seat in self._at("idle"):
            if queue:
                seat.give(queue.popleft())
        wanted = min(self._setting.campaign.executor.workers, self.num_busy + len(queue))
        while len(self._seats) < wanted:
            self._seats.append(Seat(self._setting, self._bench))

    def answers(self) -> Iterator[Answer]:
        """Wait a moment; then what finished in it, and what passed its deadline.

        Raises:
            ValueError: No worker finds a place on the cluster.
        """
        calls = {seat.call: seat for seat in self._at("placing", "opening", "busy")}
        ready = _settled(list(calls))
        now = time.monotonic()
        settled = [calls[call].settle() for call in ready]
        expired = [seat.expire(now) for call, seat in calls.items() if call not in ready]
        self._mind_the_waiting(now)
        yield from (answer for answer in (*settled, *expired) if answer is not None)

    def dismiss_busy(self) -> None:
        """End the workers whose jobs nobody waits for any more."""
        for seat in self._at("busy"):
            seat.dismiss()

    def close(self) -> None:
        """End all workers."""
        for seat in self._seats:
            if seat.stage != "gone":
                seat.dismiss()
        self._seats = []

    def _at(self, *stages: Stage) -> list[Seat]:
        return [seat for seat in self._seats if seat.stage in stages]

    def _mind_the_waiting(self, now: float) -> None:
        """Say so when workers wait for a place; stop when all do, for too long."""
        waiting = self._at("placing")
        if not waiting:
            return
        waited_s = now - min(seat.since for seat in waiting)
        if waited_s < min(_NOTICE_S, self._placing_limit_s):
            return
        message = no_room(self._setting.campaign.executor, ray.cluster_resources(), waited_s)
        if waited_s >= self._placing_limit_s and not self._at("opening", "idle", "busy"):
            raise ValueError(message)
        if now >= self._notice_at:
            self._notice_at = now + _NOTICE_S
            _log.warning("%s Still waiting.", message)


def _settled(calls: list[Any]) -> list[Any]:
    """Those that are settled within a moment."""
    try:
        ready, _ = ray.wait(calls, num_returns=len(calls), timeout=_TICK_S, fetch_local=False)
    except SystemError as error:
        # A signal's exception, raised inside of Ray's compiled code, comes out as the cause of one.
        raise error.__cause__ or error from None
    return list(ready)
