"""What taps add up for some examples: inner products with directions, a length, and a sketch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.signals.direction import Direction, Factors, shared_bases
from engine.signals.side import Side, side_of
from engine.signals.stable_number import number_of
from engine.signals.taps import Role, Tapped
from engine.training.jobs import Seed

# Shape suffixes: S directions, I rows of a weight, J columns, N tokens, U rows of an embedding.
# Projected columns C are the c of a basis and then the K of a sketch.

BASIS, TARGETS_A_BASIS = 16, 6
"""Columns of a basis for up to so many directions, and so on. 16 for 6 keep inner products to
0.9997 in rank (Spearman's correlation with exact ones, 79 tasks on MiniLM), 8 keep 0.999."""

SIDES: Mapping[Role, int] = {"linear": 32, "embedding": 64, "both": 128}
"""Rows and columns of a weight's sketch: with 36 linear ones the length of a gradient is right to
about 1.3 %. One weight that holds a third of the length or more, as embeddings do, needs more."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken in from the tapped weights; see `together`."""

    blocks: Mapping[str, Tensor]
    """Weight -> (C, C), where a layer used it."""
    embedded: Mapping[str, tuple[Tensor, Tensor]]
    """Weight -> (U,) rows that were looked up, and (U, J) their gradients."""


@dataclass(frozen=True, slots=True)
class Sums:
    """The tapped weights' gradients in a few numbers."""

    products_S: NDArray[np.float64]
    """With the directions at length 1."""
    square: float
    """Of the gradient's length."""
    sketches: Mapping[str, Tensor]
    """Weight -> (K, K), whose inner products estimate those of the weight's gradients."""


@dataclass(frozen=True, slots=True)
class _Sides:
    """A weight's two sides, and how directions look from them."""

    rows: Side
    columns: Side
    rest_of_rows_CC: Tensor
    rest_of_columns_CC: Tensor
    cores_Scc: Tensor
    """The directions, seen in the bases; float64."""
    beside: tuple[tuple[Tensor, Tensor], ...]
    """For each direction: (I,) place of a row among those kept whole, and these rows, then one of
    zeros for all that are not kept."""


class Projected:
    """A `Listener` that keeps numbers for the examples of one task, or of a part of it."""

    def __init__(
        self, directions: Sequence[Direction], taps: Mapping[str, Tapped], *, seed: Seed
    ) -> None:
        """Prepare for these weights."""
        self._num_directions = len(directions)
        self._roles = {name: one.role for name, one in taps.items()}
        self._sides = {
            name: _sides([d.factors[name] for d in directions], one, name=name, seed=seed)
            for name, one in taps.items()
        }
        self._blocks: Mapping[str, Tensor] = {}
        self._embedded: Mapping[str, tuple[Tensor, Tensor]] = {}

    @property
    def sketch_sizes(self) -> dict[str, int]:
        """Weight -> numbers in its sketch."""
        return {name: SIDES[role] ** 2 for name, role in self._roles.items()}

    def rows(self, weight: str, values_NI: Tensor) -> Tensor:
        return self._sides[weight].rows.project(values_NI)

    def columns(self, weight: str, values_NJ: Tensor) -> Tensor:
        return self._sides[weight].columns.project(values_NJ)

    def take(self, weight: str, rows_NC: Tensor, columns_NC: Tensor) -> None:
        self._blocks = _added(self._blocks, {weight: rows_NC.T @ columns_NC})

    def take_embedded(self, weight: str, ids_N: Tensor, grad_NJ: Tensor) -> None:
        self._embedded = _looked_up(self._embedded, {weight: (ids_N, grad_NJ)})

    def taken(self) -> Taken:
        """All that was taken in since the last time."""
        taken = Taken(self._blocks, self._embedded)
        self._blocks, self._embedded = {}, {}
        return taken

    def sums(self, taken: Taken) -> Sums:
        """What it comes to."""
        products_S, square = np.zeros(self._num_directions), 0.0
        blocks = taken.blocks
        for weight, (ids_U, rows_UJ) in taken.embedded.items():
            sides = self._sides[weight]
            block_CC = sides.rows.of_rows(ids_U).T @ sides.columns.project(rows_UJ)
            blocks = _added(blocks, {weight: block_CC})
            products_S += _products_beside(sides, ids_U, rows_UJ)
            if self._roles[weight] == "embedding":
                square += rows_UJ.double().square().sum().item()
        for weight, block_CC in blocks.items():
            products_S += _products(self._sides[weight], block_CC)
            if self._roles[weight] != "embedding":
                square += _square(self._sides[weight], block_CC)
        sketches = {name: self._sketch(name, blocks) for name in self._sides}
        return Sums(products_S, square, sketches)

    def _sketch(self, weight: str, blocks: Mapping[str, Tensor]) -> Tensor:
        side = SIDES[self._roles[weight]]
        if weight not in blocks:  # no part in the loss
            return self._sides[weight].rows.basis_Ic.new_zeros(side, side)
        return blocks[weight][-side:, -side:]


def together(parts: Sequence[Taken]) -> Taken:
    """What was taken in from all parts of a set of examples."""
    blocks: Mapping[str, Tensor] = {}
    embedded: Mapping[str, tuple[Tensor, Tensor]] = {}
    for part in parts:
        blocks = _added(blocks, part.blocks)
        embedded = _looked_up(embedded, part.embedded)
    return Taken(blocks, embedded)


def _added(blocks: Mapping[str, Tensor], more: Mapping[str, Tensor]) -> dict[str, Tensor]:
    sums = {name: blocks[name] + block if name in blocks else block for name, block in more.items()}
    return {**blocks, **sums}


def _looked_up(
    embedded: Mapping[str, tuple[Tensor, Tensor]], more: Mapping[str, tuple[Tensor, Tensor]]
) -> dict[str, tuple[Tensor, Tensor]]:
    """Gradients of rows, each row once, though it was looked up more than once."""
    found = dict(embedded)
    for weight, (ids_N, grad_NJ) in more.items():
        if weight in found:
            ids_U, rows_UJ = found[weight]
            ids_N, grad_NJ = torch.cat([ids_U, ids_N]), torch.cat([rows_UJ, grad_NJ])
        ids_U, row_N = torch.unique(ids_N, return_inverse=True)
        rows_UJ = grad_NJ.new_zeros(len(ids_U), grad_NJ.shape[1]).index_add(0, row_N, grad_NJ)
        found[weight] = ids_U, rows_UJ
    return found


def _products(sides: _Sides, block_CC: Tensor) -> NDArray[np.float64]:
    _, rows, columns = sides.cores_Scc.shape
    in_bases_cc = block_CC[:rows, :columns].double()
    return np.asarray((sides.cores_Scc * in_bases_cc).sum((1, 2)).cpu().numpy())


def _products_beside(sides: _Sides, ids_U: Tensor, rows_UJ: Tensor) -> NDArray[np.float64]:
    products = [
        (whole[place_I[ids_U]] * rows_UJ).sum(dtype=torch.float64).item()
        for place_I, whole in sides.beside
    ]
    return np.array(products)


def _square(sides: _Sides, block_CC: Tensor) -> float:
    """What lies in the bases counts exactly, and only the rest is estimated."""
    apart_CC = sides.rest_of_rows_CC.T @ block_CC @ sides.rest_of_columns_CC
    return apart_CC.double().square().sum().item()


def _sides(factors: Sequence[Factors], tap: Tapped, *, name: str, seed: Seed) -> _Sides:
    width = BASIS * math.ceil(len(factors) / TARGETS_A_BASIS)
    none = [torch.zeros(size, 0, device=tap.parameter.device) for size in tap.parameter.shape]
    bases = shared_bases(factors, width) if factors else none
    rows, columns = (
        side_of(basis, places=SIDES[tap.role], seed=(*seed, number_of(name), number))
        for number, basis in enumerate(bases)
    )
    cores = [(bases[0].T @ f.rows_Ir) @ (bases[1].T @ f.columns_Jr).T for f in factors]
    return _Sides(
        rows=rows,
        columns=columns,
        rest_of_rows_CC=rows.without_basis(),
        rest_of_columns_CC=columns.without_basis(),
        cores_Scc=torch.stack(cores).double() if cores else bases[0].new_zeros(0, 0, 0),
        beside=tuple(_beside(one, len(bases[0])) for one in factors),
    )


def _beside(factors: Factors, num_rows: int) -> tuple[Tensor, Tensor]:
    ids_U, whole_UJ = factors.ids_U, factors.whole_UJ
    place_I = torch.full((num_rows,), len(ids_U), device=ids_U.device)
    place_I[ids_U] = torch.arange(len(ids_U), device=ids_U.device)
    return place_I, torch.cat([whole_UJ, whole_UJ.new_zeros(1, whole_UJ.shape[1])])
