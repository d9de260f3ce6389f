"""Gives errors the place in a campaign file that caused them."""

from __future__ import annotations

from tasks import InputError, UnknownTaskError, YamlDocument


class At:
    """Puts the place of a key before the message of a ValueError that is raised inside."""

    def __init__(self, document: YamlDocument, path: tuple[str | int, ...]) -> None:
        self._document = document
        self._path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValueError) and not isinstance(error, InputError | UnknownTaskError):
            raise InputError([self._document.say(self._path, str(error))]) from error
