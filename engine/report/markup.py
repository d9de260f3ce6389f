"""HTML that is safe by construction: text is escaped unless it was made here."""

from __future__ import annotations

import html
from collections.abc import Iterable


class Markup(str):
    """Text that is HTML already. Only `element` and `trusted` make it."""

    __slots__ = ()


def trusted(text: str) -> Markup:
    """Our own style sheet or markup; never anything read from data."""
    return Markup(text)


def element(tag: str, *children: str, **attributes: str | int) -> Markup:
    """<tag attributes>children</tag>; plain strings are escaped, attribute `class_` is "class"."""
    names = {name: name.rstrip("_").replace("_", "-") for name in attributes}
    pairs = "".join(
        f' {names[name]}="{html.escape(str(value))}"' for name, value in attributes.items()
    )
    if tag in ("img", "meta", "br"):
        return Markup(f"<{tag}{pairs}>")
    return Markup(f"<{tag}{pairs}>{joined(children)}</{tag}>")


def joined(children: Iterable[str]) -> Markup:
    """Side by side, each escaped unless it is markup."""
    return Markup("".join(map(_safe, children)))


def table(
    columns: Iterable[str],
    rows: Iterable[Iterable[str]],
    *,
    numbers: Iterable[int] = (),
    marked: Iterable[int] = (),
) -> Markup:
    """A table that scrolls by itself when the page is narrow.

    Args:
        columns: Headings.
        rows: Cells, text or markup.
        numbers: Indices of columns that hold numbers, set to the right.
        marked: Indices of rows to stress.
    """
    right, stressed = set(numbers), set(marked)
    head = element("tr", *(_cell("th", c, i in right) for i, c in enumerate(columns)))
    body = [
        element(
            "tr",
            *(_cell("td", cell, i in right) for i, cell in enumerate(row)),
            **({"class_": "marked"} if number in stressed else {}),
        )
        for number, row in enumerate(rows)
    ]
    inner = element("table", element("thead", head), element("tbody", *body))
    return element("div", inner, class_="scroll")


def _cell(tag: str, content: str, number: bool) -> Markup:
    return element(tag, content, class_="number") if number else element(tag, content)


def _safe(child: str) -> str:
    if isinstance(child, Markup):
        return child
    # Lone surrogates cannot be written as UTF-8; escape codes and the like mean nothing here.
    text = child.encode(errors="replace").decode()
    return html.escape("".join(c for c in text if c.isprintable() or c in "\n\t"))
