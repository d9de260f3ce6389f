from __future__ import annotations

from dataclasses import fields

import pytest
import torch
from measured_models import KIN, KINDS, MOOD, Kind, examples, measured_model

from engine.model.pooling import masked_mean, without_prefix


@pytest.mark.parametrize("kind", KINDS)
def test_without_its_prefix_a_batch_is_one_that_never_had_any(kind: Kind) -> None:
    model = measured_model(kind)
    batch = model.collate([*examples(model, MOOD, 3), *examples(model, KIN, 2)])
    bare, at = without_prefix(batch), int(batch.prefix_R[0])
    for field in fields(batch):
        before, after = getattr(batch, field.name), getattr(bare, field.name)
        if field.name.endswith("_RT"):
            rows = [[*row[:at], *row[at + 1 :]] for row in before.tolist()]
            assert after.tolist() == rows, field.name
    assert (
        bare.num_tokens
        == int(bare.attention_RT.sum())
        == int(batch.attention_RT.sum()) - len(batch.prefix_R)
    )
    assert torch.equal(bare.gold_B, batch.gold_B)


def test_a_row_without_a_token_has_no_mean() -> None:
    states = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
    means = masked_mean(states, torch.tensor([[1, 0, 1], [0, 0, 0]]))
    torch.testing.assert_close(means[0], states[0, [0, 2]].mean(0))
    assert means[1].isnan().all()
