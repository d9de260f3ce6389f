"""Reads arguments from a definition: names, annotations and kinds of default."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import zip_longest

_WRAPPERS = frozenset({"Annotated", "ClassVar", "Final", "Optional", "Union"})


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument as its definition has it."""

    name: str
    annotation: str
    """Outermost name, e.g. "list" of `Optional[list[int]]`; empty where there is none."""
    default: str
    """"bool", "None", "number", "text" or "other"; empty where there is none."""


def read_arguments(spec: ast.arguments) -> list[Argument]:
    """Arguments in order, without self, cls and the starred ones."""
    positional = [*spec.posonlyargs, *spec.args]
    # Defaults belong to the last of the positional arguments.
    paired = list(zip_longest(reversed(positional), reversed(spec.defaults)))[::-1]
    paired += zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
    return [
        Argument(argument.arg, _outermost(argument.annotation), _kind(default))
        for argument, default in paired
        if argument.arg not in {"self", "cls"}
    ]


def _outermost(annotation: ast.expr | None) -> str:
    """Nothing at once if several types are allowed, None not counted."""
    while True:
        if isinstance(annotation, ast.BinOp):
            sides = [s for s in (annotation.left, annotation.right) if not _is_none(s)]
            annotation = sides[0] if len(sides) == 1 else None
        elif isinstance(annotation, ast.Subscript):
            if _name(annotation.value) not in _WRAPPERS:
                return _name(annotation.value)
            inner = annotation.slice
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            parts = [part for part in parts if not _is_none(part)]
            annotation = parts[0] if len(parts) == 1 else None
        else:
            return _name(annotation)


def _name(node: ast.expr | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _kind(default: ast.expr | None) -> str:
    if default is None:
        return ""
    if isinstance(default, ast.UnaryOp):
        default = default.operand
    value = default.value if isinstance(default, ast.Constant) else ...
    if value is None or isinstance(value, bool):
        return "None" if value is None else "bool"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "other"
