"""One side of a large weight: what its rows, or its columns, are projected on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.training.jobs import Seed

# Shape suffixes: I coordinates (rows or columns of a weight), c columns of a basis, K places, C all
# c + K of them, N tokens, U some of the coordinates.


@dataclass(frozen=True, slots=True)
class Side:
    """Basis and signs, of the rows or of the columns."""

    basis_Ic: Tensor
    """Orthonormal."""
    signs_I: Tensor
    """1 or -1. Coordinates are added up with their signs, every K-th into the same place: half the
    cost of a product with (I, K) random signs, and no less exact."""
    places: int
    """K."""

    def project(self, values_NI: Tensor) -> Tensor:
        """(N, C) the basis, then the places."""
        return torch.cat([values_NI @ self.basis_Ic, self._add_up(values_NI)], dim=1)

    def of_rows(self, ids_U: Tensor) -> Tensor:
        """(U, C) what each of these coordinates alone would be projected to."""
        placed_UK = self.signs_I.new_zeros(len(ids_U), self.places)
        placed_UK.scatter_(1, (ids_U % self.places)[:, None], self.signs_I[ids_U][:, None])
        return torch.cat([self.basis_Ic[ids_U], placed_UK], dim=1)

    def without_basis(self) -> Tensor:
        """(C, C) what a projection is to be multiplied with, for its signs to pass by the basis.

        So that what lies in the basis is counted once, and exactly.
        """
        within_cK = self._add_up(self.basis_Ic.T)
        rest_CC = torch.eye(sum(within_cK.shape), device=within_cK.device)
        rest_CC[: len(within_cK), len(within_cK) :] = -within_cK
        return rest_CC

    def _add_up(self, values_NI: Tensor) -> Tensor:
        signed_NI = values_NI * self.signs_I
        missing = -signed_NI.shape[1] % self.places
        if missing:
            signed_NI = functional.pad(signed_NI, (0, missing))
        turns = signed_NI.shape[1] // self.places
        return signed_NI.view(len(signed_NI), turns, self.places).sum(1)


def side_of(basis_Ic: Tensor, *, places: int, seed: Seed) -> Side:
    """A side with this basis and signs drawn from the seed.

    Inner products of what is added up in `places` are unbiased estimates of those of the whole.
    Source: Charikar, Chen and Farach-Colton 2002, "Finding frequent items in data streams".
    """
    signs = np.random.default_rng(seed).integers(2, size=len(basis_Ic), dtype=np.int8) * 2 - 1
    signs_I = torch.from_numpy(signs.astype(np.float32)).to(basis_Ic.device)
    return Side(basis_Ic, signs_I, places)
