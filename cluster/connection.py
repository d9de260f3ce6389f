"""Joins a running Ray cluster, or starts one on this machine."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import ray

from cluster.placement import check_room
from engine import ExecutorChoice, in_ray_job

OBJECT_STORE_BYTES = 200 * 2**20
"""Of a cluster started here. Jobs and results are small: weights travel as files."""

_KNOCK_S = 10.0

_AUTH = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")


def connect(choice: ExecutorChoice) -> bool:
    """Make Ray usable in this process; True when it was not before, and so is ours to shut down.

    Raises:
        ValueError: The cluster cannot be joined, or the machine has no room for the workers.
    """
    if ray.is_initialized():
        return False
    with _signals_kept():
        if choice.address or os.environ.get("RAY_ADDRESS") or in_ray_job():
            _join(choice.address)
        else:
            _start(choice)
    return True


def _join(address: str | None) -> None:
    where = address or os.environ.get("RAY_ADDRESS") or "auto"
    try:
        _knock(where)
        ray.init(address=where, log_to_driver=False, logging_level=logging.WARNING)
    except Exception as error:  # Ray raises some ten kinds here, RuntimeError among them
        mode = os.environ.get("RAY_AUTH_MODE", "unset")
        raise ValueError(
            f"Cannot join the Ray cluster at {where}: {_first_line(error)} Is it running, and is"
            f" RAY_AUTH_MODE the same for the cluster and for this shell (here: {mode})?"
        ) from error


def _knock(address: str) -> None:
    """Raise OSError where nobody listens; Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if port.isdigit() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_S).close()


def _start(choice: ExecutorChoice) -> None:
    _protect()
    try:
        ray.init(
            address="local",
            # Not the machine's count: two workers on one core are slow, but they work.
            num_cpus=choice.workers * choice.threads,
            include_dashboard=False,
            object_store_memory=OBJECT_STORE_BYTES,
            log_to_driver=False,
            logging_level=logging.WARNING,
        )
    except Exception as error:  # as many kinds as in `_join`
        ray.shutdown()
        raise ValueError(
            f"Ray did not start on this machine: {_first_line(error)} It may be too busy just now:"
            " run the same command again, or do without Ray (--set executor.name=local)."
        ) from error
    try:
        check_room(choice, ray.cluster_resources())
    except ValueError:
        ray.shutdown()
        raise


def _protect() -> None:
    """Close the cluster to come to everybody else, unless the user chose how.

    Ray's ports listen on every address of the machine, also with a loop-back node address, and
    whoever reaches them can run code. Left alone Ray would write a token into the home folder;
    one for this process and its children does as well and leaves nothing behind.
    """
    if not any(name in os.environ for name in _AUTH):
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
        # It would announce the token on every start and recommend turning it off.
        logging.getLogger("ray._private.authentication.authentication_token_setup").setLevel(
            logging.ERROR
        )


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Keep the caller's handler of SIGTERM, which `ray.init` replaces by some of its own.

    Ray's exit with codes of their own; a signal that came to them meanwhile is passed on.
    """
    handler = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    is_terminated = False
    try:
        yield
    except SystemExit:  # nothing in `ray.init` but those handlers exits
        is_terminated = True
        raise
    finally:
        # The caller's may have left the default behind it: a second signal ends at once.
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            signal.signal(signal.SIGTERM, handler)
        if is_terminated:
            signal.raise_signal(signal.SIGTERM)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") + "." if lines else f"{type(error).__name__}."
