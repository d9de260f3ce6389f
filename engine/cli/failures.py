"""From an exception to one message and an exit code. No traceback reaches a user unasked."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

BAD_INPUT = 2


class TerminatedError(BaseException):
    """A signal asked the process to end: nothing unfinished is written."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number

    def __str__(self) -> str:
        return "interrupted; the same command resumes the campaign."


def exit_code_of(error: BaseException) -> int:
    """Print what `error` means for the user; the exit code that goes with it.

    Exceptions of ours that are no bad input carry an `exit_code` of their own.
    """
    own = getattr(error, "exit_code", None)
    # By what it can do: typer brings its own copy of click, so that click's classes match nothing.
    usage = getattr(error, "format_message", None)
    match error:
        case _ if usage is not None:
            return _say_usage(error, usage)
        case typer.Abort() | KeyboardInterrupt():
            return _say("Interrupted.", 130)
        case _ if isinstance(own, int):
            return _say(f"Error: {error}", own)
        case ValueError():
            return _say(f"Error: {error}", BAD_INPUT)
    where = f"{type(error).__name__}: {error}"
    return _say(f"Error: a defect of Sextant, please report it: {where} (--debug for more)", 1)


def _say_usage(error: BaseException, usage: Callable[[], str]) -> int:
    """What is wrong with a command line; nothing where the help was printed instead."""
    message = usage()
    if not message:
        return BAD_INPUT
    message = _with_value(message, getattr(error, "param", None))
    message += "" if message.endswith((".", "?")) else "."
    command = getattr(getattr(error, "ctx", None), "command_path", "sextant")
    return _say(f"Error: {message} See '{command} --help'.", BAD_INPUT)


def _with_value(message: str, parameter: object) -> str:
    """An option that is missing, with what is to follow it: '--out DIR'."""
    value = getattr(parameter, "metavar", None)
    if value is None or not message.startswith("Missing option"):
        return message
    return message.replace("'.", f" {value}'.", 1)


def _say(message: str, code: int) -> int:
    print(message, file=sys.stderr)  # noqa: T201
    return code
