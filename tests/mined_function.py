"""A documented function of an imagined library, as the miner would have read it."""

from __future__ import annotations

from tasks.pydocs.bodies import Body
from tasks.pydocs.docstrings import Described
from tasks.pydocs.functions import Function


def function(number: int, *, module: str = "", summary: str = "") -> Function:
    return Function(
        library="shop",
        module=module or f"shop.part{number % 40}",
        name=f"sell_{number}",
        owner="",
        form="function",
        arguments=("what", "price"),
        annotations=("", "int"),
        defaults=("", "number"),
        summary=summary
        or f"Sell the article of letter {chr(97 + number % 26) * (number // 26 + 1)}",
        second="",
        described=(
            Described(
                "price", "int", f"What article {chr(97 + number % 26) * (number // 26 + 1)} costs"
            ),
        ),
        body=Body(uses=("till", "receipt"), returns="value"),
    )
