"""A target's gradient in a form against which many tasks can be held at little cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.signals.gradients import Gradient
from engine.signals.taps import Role, Tapped

# Shape suffixes: I rows of a weight, J columns, r rank, U rows that are kept whole, O coordinates
# of all parameters that are not tapped, one after the other.

_RANK = 8
"""Of a large weight's factors: what of them counts is chosen later, over all directions."""

_ROWS_BESIDE = 4096
"""Rows kept whole beside the factors where a weight both embeds tokens and gives the output."""
_EXTRA, _ROUNDS = 8, 2


@dataclass(frozen=True, slots=True)
class Factors:
    """A matrix, nearly: rows_Ir @ columns_Jr^T, plus `whole_UJ` in the rows `ids_U`."""

    rows_Ir: Tensor
    """Orthogonal, of falling length."""
    columns_Jr: Tensor
    """Orthogonal, of length 1."""
    ids_U: Tensor
    whole_UJ: Tensor


@dataclass(frozen=True, slots=True)
class Direction:
    """What tasks' gradients are multiplied with; all parts are of the gradient at length 1."""

    norm: float
    """The length that it had."""
    factors: Mapping[str, Factors]
    """Of the tapped weights."""
    others_O: Tensor
    """All other shared parameters, exactly, by name: see `flat`."""


def direction(
    gradient: Gradient, taps: Mapping[str, Tapped], *, generator: torch.Generator
) -> Direction:
    """Reduce a gradient.

    Args:
        gradient: Of all shared parameters, finite; see `preconditioned` for Adam's form.
        taps: The weights to be reduced.
        generator: Starts the search for factors; its state hardly matters.
    """
    lengths = [torch.linalg.vector_norm(g, dtype=torch.float64).item() for g in gradient.values()]
    norm = float(torch.tensor(lengths, dtype=torch.float64).norm())
    scale = norm or 1.0
    factors = {
        name: _factors(gradient[name] / scale, one.role, generator) for name, one in taps.items()
    }
    others_O = flat({name: values for name, values in gradient.items() if name not in taps})
    return Direction(norm=norm, factors=factors, others_O=others_O / scale)


def flat(gradient: Gradient) -> Tensor:
    """(O,) all coordinates, by the parameters' names."""
    parts = [gradient[name].flatten() for name in sorted(gradient)]
    return torch.cat(parts) if parts else torch.empty(0)


def preconditioned(
    gradient: Gradient, second_moments: Mapping[str, Tensor], *, epsilon: float = 1e-8
) -> Gradient:
    """The direction in which Adam would go: each coordinate over the root of its second moment.

    Inner products with it predict the fall of the target's loss for a step of Adam rather than of
    plain gradient descent.

    Args:
        gradient: Of a target.
        second_moments: Adam's running means of squared gradients, corrected for their start; on
            any device.
        epsilon: Adam's.

    Source: Xia et al. 2024 (LESS), arXiv:2402.04333, section 3.1.
    """
    return {
        name: values / (second_moments[name].to(values.device).sqrt() + epsilon)
        for name, values in gradient.items()
    }


def shared_bases(factors: Sequence[Factors], width: int) -> tuple[Tensor, Tensor]:
    """(I, c) and (J, c): the orthonormal columns that keep the most of some directions' factors.

    Targets have much of their gradients in common: one basis for all of them costs each task far
    less than each target's own factors would.

    Args:
        factors: Of one weight, of each direction.
        width: The most columns wanted; c is less where the weight or the factors have no more.
    """
    ranks = sum(one.rows_Ir.shape[1] for one in factors)
    rows = [one.rows_Ir for one in factors]
    # Both sides carry the lengths: they say what a column is worth.
    columns = [one.columns_Jr * one.rows_Ir.norm(dim=0) for one in factors]
    sides = [torch.cat(side, dim=1) for side in (rows, columns)]
    width = min(width, ranks, *map(len, sides))
    return _leading(sides[0], width), _leading(sides[1], width)


def low_rank(matrix_IJ: Tensor, *, rank: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Two factors (I, r) and (J, r) whose product is nearly the best of that rank.

    Source: Halko, Martinsson and Tropp 2011, arXiv:0909.4061, algorithm 4.4.
    """
    rank = min(rank, *matrix_IJ.shape)
    width = min(rank + _EXTRA, *matrix_IJ.shape)
    start = torch.randn(matrix_IJ.shape[1], width, generator=generator)
    basis_Jq = start.to(matrix_IJ.device)
    for _ in range(_ROUNDS):
        basis_Iq = torch.linalg.qr(matrix_IJ @ basis_Jq).Q
        basis_Jq = torch.linalg.qr(matrix_IJ.T @ basis_Iq).Q
    left_Iq, size_q, right_qq = torch.linalg.svd(matrix_IJ @ basis_Jq, full_matrices=False)
    return left_Iq[:, :rank] * size_q[:rank], basis_Jq @ right_qq[:rank].T


def _leading(columns_IR: Tensor, width: int) -> Tensor:
    """(I, width) orthonormal: where most of the columns' lengths is."""
    gram_RR = columns_IR.T.double() @ columns_IR.double()
    weights_RR = torch.linalg.eigh(gram_RR).eigenvectors.flip(1)
    leading_Ic: Tensor = torch.linalg.qr(columns_IR @ weights_RR[:, :width].float()).Q
    return leading_Ic


def _factors(unit_IJ: Tensor, role: Role, generator: torch.Generator) -> Factors:
    none = unit_IJ.new_zeros
    if role == "embedding":  # few rows, but of full rank: kept as they are
        ids_U = unit_IJ.any(dim=1).nonzero()[:, 0]
        return Factors(none(len(unit_IJ), 0), none(unit_IJ.shape[1], 0), ids_U, unit_IJ[ids_U])
    rows_Ir, columns_Jr = low_rank(unit_IJ, rank=_RANK, generator=generator)
    ids_U = torch.empty(0, dtype=torch.long, device=unit_IJ.device)
    if role == "linear":
        return Factors(rows_Ir, columns_Jr, ids_U, unit_IJ[:0])
    rest_IJ = unit_IJ - rows_Ir @ columns_Jr.T
    ids_U = rest_IJ.square().sum(1).topk(min(_ROWS_BESIDE, len(rest_IJ))).indices.sort().values
    return Factors(rows_Ir, columns_Jr, ids_U, rest_IJ[ids_U])
