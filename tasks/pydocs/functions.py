"""What is known of one documented function, and the miner that reads it from source."""

from __future__ import annotations

import ast
import inspect
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.pydocs.bodies import Body, read_body
from tasks.pydocs.docstrings import Described, Docstring, read_docstring
from tasks.pydocs.signatures import read_arguments

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_FORMS = {"property": "property", "cached_property": "property", "classmethod": "class method"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Function:
    """One documented function, method, property or class. Text only; nothing is ever executed."""

    library: str
    module: str
    name: str
    owner: str
    """Name of the enclosing class; empty for what stands at the top of a module."""
    form: str
    """"function", "method", "class method", "property" or "class"."""
    arguments: tuple[str, ...]
    """Names without self and cls; empty for a class."""
    annotations: tuple[str, ...]
    """Outermost name of each argument's annotation, in the order of `arguments`; empty: none."""
    defaults: tuple[str, ...]
    """Kind of each argument's default, likewise: "bool", "None", "number", "text" or "other"."""
    summary: str
    """First sentence of the docstring."""
    second: str
    """Second sentence; may be empty."""
    described: tuple[Described, ...]
    """Arguments that the docstring describes."""
    body: Body


def mine(source: str, *, library: str, module: str) -> list[Function]:
    """Every documented definition of a module, in the order of its lines.

    Source that is no valid Python, or nested too deeply to parse, has no functions.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in other people's strings
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = []
    for node, owner in _definitions(tree):
        function = _read(node, owner=owner, library=library, module=module)
        if function is not None:
            found.append(function)
    return found


def _definitions(tree: ast.Module) -> Iterator[tuple[Definition, str]]:
    """Definitions at the top of the module and inside its classes, with the class's name."""
    waiting: list[tuple[ast.stmt, str]] = [(node, "") for node in reversed(tree.body)]
    while waiting:
        node, owner = waiting.pop()
        if isinstance(node, ast.ClassDef):
            waiting.extend((child, node.name) for child in reversed(node.body))
        if isinstance(node, Definition):
            yield node, owner


def _read(node: Definition, *, owner: str, library: str, module: str) -> Function | None:
    raw = ast.get_docstring(node, clean=False)
    if raw is None or (node.name.startswith("__") and node.name != "__call__"):
        return None
    docstring: Docstring | None = read_docstring(inspect.cleandoc(raw))
    if docstring is None:
        return None
    arguments = [] if isinstance(node, ast.ClassDef) else read_arguments(node.args)
    return Function(
        library=library,
        module=module,
        name=node.name,
        owner=owner,
        form=_form(node, owner),
        arguments=tuple(argument.name for argument in arguments),
        annotations=tuple(argument.annotation for argument in arguments),
        defaults=tuple(argument.default for argument in arguments),
        summary=docstring.summary,
        second=docstring.second,
        described=docstring.described,
        body=Body() if isinstance(node, ast.ClassDef) else read_body(node),
    )


def _form(node: Definition, owner: str) -> str:
    if isinstance(node, ast.ClassDef):
        return "class"
    for decorator in node.decorator_list:
        name = decorator.attr if isinstance(decorator, ast.Attribute) else ""
        name = decorator.id if isinstance(decorator, ast.Name) else name
        if name in _FORMS:
            return _FORMS[name]
    return "method" if owner else "function"
