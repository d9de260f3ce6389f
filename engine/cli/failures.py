"""From an exception to one message and an exit code. No traceback reaches a user unasked."""

from __future__ import annotations

import sys

import click

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
    match error:
        case click.ClickException() if not error.format_message():
            return BAD_INPUT  # the help was printed
        case click.ClickException():
            return _say(f"Error: {error.format_message()} See 'sextant --help'.", BAD_INPUT)
        case click.Abort() | KeyboardInterrupt():
            return _say("Interrupted.", 130)
        case _ if isinstance(own, int):
            return _say(f"Error: {error}", own)
        case ValueError():
            return _say(f"Error: {error}", BAD_INPUT)
    where = f"{type(error).__name__}: {error}"
    return _say(f"Error: a defect of Sextant, please report it: {where} (--debug for more)", 1)


def _say(message: str, code: int) -> int:
    print(message, file=sys.stderr)  # noqa: T201
    return code
