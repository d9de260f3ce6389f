"""Reads facts from the body of a function: names it uses, what it returns and raises."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_NAMES = 10
_MOST_CHARACTERS = 48
# Said by every other function; they tell bodies apart no better than "the" does sentences.
_COMMON = frozenset(
    {"append", "bool", "cls", "dict", "enumerate", "float", "format", "get", "getattr", "hasattr"}
    | {"int", "isinstance", "items", "join", "keys", "len", "list", "print", "range", "self"}
    | {"set", "str", "super", "tuple", "type", "values", "zip"}
)

_OPPOSITE: dict[type[ast.AST], ast.AST] = {
    ast.Lt: ast.Gt(),
    ast.Gt: ast.Lt(),
    ast.LtE: ast.GtE(),
    ast.GtE: ast.LtE(),
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.Div(),
    ast.Div: ast.Mult(),
}


@dataclass(frozen=True, slots=True)
class Body:
    """What a function does, as far as its own lines say."""

    uses: tuple[str, ...] = ()
    """Functions called and attributes read, in order, each once."""
    raises: str = ""
    """The first exception raised by name; may be empty."""
    returns: str = ""
    """"nothing", "truth", "value" or "generator"; empty for a stub."""
    expression: str = ""
    """A short comparison or sum, as source; may be empty."""
    swapped: str = ""
    """`expression` with its operator replaced by the opposite one."""


def read_body(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Body:
    """Facts of one function; functions defined inside it are not entered."""
    statements = node.body[1:]
    inside = list(_walk(statements))
    expression, swapped = _expression(inside)
    return Body(
        uses=tuple(_uses(inside, own=node.name)),
        raises=_raises(inside),
        returns=_returns(statements, inside),
        expression=expression,
        swapped=swapped,
    )


def _walk(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    """Nodes in source order."""
    waiting: list[ast.AST] = list(reversed(statements))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _uses(inside: list[ast.AST], *, own: str) -> list[str]:
    names: dict[str, None] = {}
    for node in inside:
        name = node.attr if isinstance(node, ast.Attribute) else ""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
        useful = len(name) > 2 and name != own and name not in _COMMON
        if useful and not name.startswith("__") and not name.endswith(("Error", "Warning")):
            names[name] = None
    return list(names)[:_MOST_NAMES]


def _raises(inside: list[ast.AST]) -> str:
    for node in inside:
        called = node.exc if isinstance(node, ast.Raise) else None
        if isinstance(called, ast.Call) and isinstance(called.func, ast.Name):
            return called.func.id
    return ""


def _returns(statements: list[ast.stmt], inside: list[ast.AST]) -> str:
    if not statements or isinstance(statements[0], ast.Pass | ast.Raise):
        return ""
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in inside):
        return "generator"
    values = [n.value for n in inside if isinstance(n, ast.Return) and n.value is not None]
    if not values:
        return "nothing"
    return "truth" if all(_is_truth(value) for value in values) else "value"


def _is_truth(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return isinstance(value.value, bool)
    if isinstance(value, ast.UnaryOp):
        return isinstance(value.op, ast.Not)
    if isinstance(value, ast.BoolOp):
        return all(_is_truth(part) for part in value.values)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id in {"isinstance", "issubclass", "hasattr", "callable", "all", "any"}
    return isinstance(value, ast.Compare)


def _expression(inside: list[ast.AST]) -> tuple[str, str]:
    """The first short comparison or sum with one operator, and it with the opposite operator."""
    for node in inside:
        swapped = _swapped(node)
        if swapped is not None and isinstance(node, ast.expr):
            before, after = ast.unparse(node), ast.unparse(swapped)
            if 8 <= len(before) <= _MOST_CHARACTERS and before.isascii():
                return before, after
    return "", ""


def _swapped(node: ast.AST) -> ast.expr | None:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _OPPOSITE and len(node.ops) == 1:
        opposite = _OPPOSITE[type(node.ops[0])]
        assert isinstance(opposite, ast.cmpop)
        return ast.Compare(left=node.left, ops=[opposite], comparators=node.comparators)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPPOSITE:
        operator = _OPPOSITE[type(node.op)]
        assert isinstance(operator, ast.operator)
        return ast.BinOp(left=node.left, op=operator, right=node.right)
    return None
