"""What the miner reads from source, and that it never runs it."""

from __future__ import annotations

import pytest

from tasks.pydocs.bodies import Body
from tasks.pydocs.docstrings import Described, plain, read_docstring
from tasks.pydocs.functions import Function, mine

SOURCE = '''
raise SystemExit("mined code must not run")

def moving_average(values: list[float], window: int | None = 3, *, centred=False, **more):
    """Compute the mean over a sliding window. Edges are dropped.

    Args:
        values (list of float): Numbers to be averaged in turn.
        window (int): How many numbers each mean covers.

    Returns:
        The means of all windows.
    """
    if window < 1:
        raise ValueError("window")
    def nested():
        """This one is inside and stays there."""
        yield 1
    return convolve(values, ones(window)) / window

class Shelf:
    """A place where books are kept in order."""

    @property
    def is_full(self):
        """Whether another book would still fit."""
        return self.free_width == 0

    def books(self):
        """Go through the books from left to right."""
        yield from self._books

    def undocumented(self):
        return 1
'''


def functions() -> dict[str, Function]:
    return {f.name: f for f in mine(SOURCE, library="shop", module="shop.shelf")}


def test_documented_definitions_are_found_in_the_order_of_their_lines() -> None:
    assert list(functions()) == ["moving_average", "Shelf", "is_full", "books"]
    assert [f.form for f in functions().values()] == ["function", "class", "property", "method"]
    assert functions()["books"].owner == "Shelf"


def test_signature_and_sentences_are_read() -> None:
    function = functions()["moving_average"]
    assert function.arguments == ("values", "window", "centred")
    assert function.annotations == ("list", "int", "")
    assert function.defaults == ("", "number", "bool")
    assert function.summary == "Compute the mean over a sliding window"
    assert function.second == "Edges are dropped"


def test_facts_of_the_body_leave_out_what_is_nested() -> None:
    assert functions()["moving_average"].body == Body(
        uses=("convolve", "ones"),
        raises="ValueError",
        returns="value",
        expression="window < 1",
        swapped="window > 1",
    )
    assert functions()["is_full"].body.returns == "truth"
    assert functions()["books"].body.returns == "generator"


def test_a_section_of_results_is_no_argument() -> None:
    assert [d.name for d in functions()["moving_average"].described] == ["values", "window"]


@pytest.mark.parametrize(
    "docstring",
    [
        "Scale the values.\n\nParameters\n----------\nfactor : float\n    What to multiply by.",
        "Scale the values.\n\nArgs:\n    factor (float): What to multiply by.",
        "Scale the values.\n\nArgs:\n    factor (`float`):\n        What to multiply by.",
        "Scale the values.\n\n:param float factor: What to multiply by.",
    ],
)
def test_each_style_of_docstring_gives_the_same_argument(docstring: str) -> None:
    read = read_docstring(docstring)
    assert read is not None
    assert read.described == (Described("factor", "float", "What to multiply by"),)


def test_markup_is_removed() -> None:
    assert (
        plain("See :class:`~numpy.ndarray` and\n  ``x`` or *y*.") == "See numpy.ndarray and x or y."
    )


@pytest.mark.parametrize(
    "docstring", [">>> 1 + 1\n2", "Too short.", "word " * 40, "", "1 2 3 + 4 5 6"]
)
def test_a_docstring_that_opens_with_no_fit_sentence_is_left_out(docstring: str) -> None:
    assert read_docstring(docstring) is None


@pytest.mark.parametrize("source", ["def f(:", "\0", "x = " + "(" * 5000 + ")" * 5000])
def test_source_that_does_not_parse_has_no_functions(source: str) -> None:
    assert mine(source, library="shop", module="shop.broken") == []


@pytest.mark.parametrize(
    ("annotation", "outermost"),
    [
        ("Optional[np.ndarray]", "ndarray"),
        ("dict[str, int] | None", "dict"),
        ("Annotated[bool, 1]", ""),
        ("Annotated[int]", "int"),
        ("int | str", ""),
        ("'later'", ""),
    ],
)
def test_an_annotation_of_several_types_counts_as_none(annotation: str, outermost: str) -> None:
    source = f'def f(x: {annotation} = -1):\n    """Say what it is."""\n'
    (function,) = mine(source, library="shop", module="shop.typed")
    assert (function.annotations, function.defaults) == ((outermost,), ("number",))
