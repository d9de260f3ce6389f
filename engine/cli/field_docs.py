"""What is written under the fields of a class: Python itself does not keep it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from itertools import pairwise


def field_docs(found: type) -> dict[str, str]:
    """Field -> the text under it, in one line; fields of base classes are among them.

    Nothing of a class whose source is not there, as of one that was made while running.
    """
    return {name: said for one in reversed(found.__mro__) for name, said in _written(one)}


def _written(one: type) -> Iterator[tuple[str, str]]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(one)))
    except (OSError, TypeError, SyntaxError):
        return
    body = tree.body[0].body if tree.body and isinstance(tree.body[0], ast.ClassDef) else []
    for field, below in pairwise(body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(said))),
            ):
                yield name, " ".join(said.split())
