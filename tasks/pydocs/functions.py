"""What is known of one documented function, and the miner that reads it from source."""

from __future__ import annotations

import ast
import inspect
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.pydocs.bodies import Body, read_body
from tasks.pydocs.docstrings import Described, Docstring, read_docstring

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
    defaults: tuple[str, ...]
    """Names of the arguments that have a default."""
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
    arguments, defaults = _arguments(node)
    return Function(
        library=library,
        module=module,
        name=node.name,
        owner=owner,
        form=_form(node, owner),
        arguments=arguments,
        defaults=defaults,
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


def _arguments(node: Definition) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if isinstance(node, ast.ClassDef):
        return (), ()
    spec = node.args
    positional = [a.arg for a in (*spec.posonlyargs, *spec.args)]
    with_default = positional[len(positional) - len(spec.defaults) :]
    keyword = [a.arg for a in spec.kwonlyargs]
    with_default += [n for n, d in zip(keyword, spec.kw_defaults, strict=True) if d is not None]
    names = [n for n in positional + keyword if n not in {"self", "cls"}]
    return tuple(names), tuple(with_default)
