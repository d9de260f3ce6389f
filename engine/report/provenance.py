"""What a campaign was made from, and with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from engine.ledger.records import Delivered, Opened, Record, Resumed


def provenance_of(records: Sequence[Record]) -> tuple[tuple[str, str], ...]:
    """Label and value, in the order in which a reader wants them."""
    return tuple(_pairs(records))


def _pairs(records: Sequence[Record]) -> Iterator[tuple[str, str]]:
    opened = next(record for record in records if isinstance(record, Opened))
    config = opened.config
    yield "campaign id", opened.campaign_id
    yield "seed", str(config.get("seed", "unknown"))
    yield "model", str(config.get("model", "unknown"))
    yield "policy", json.dumps(config.get("policy"), ensure_ascii=False, sort_keys=True)
    yield "policy source, sha256", opened.policy_sha256
    yield "executor", json.dumps(config.get("executor"), ensure_ascii=False, sort_keys=True)
    yield "tasks", f"{len(opened.tasks)}, each with a fingerprint of its examples in the ledger"
    yield "versions", _versions(opened)
    resumed = [record for record in records if isinstance(record, Resumed)]
    if resumed:
        yield "resumed", f"{len(resumed)} times; last with {_versions(resumed[-1])}"
    for record in records:
        if isinstance(record, Delivered):
            yield "delivered checkpoint", record.checkpoint
    yield "schema of the ledger", str(opened.schema)


def _versions(record: Opened | Resumed) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(record.versions.items()))
