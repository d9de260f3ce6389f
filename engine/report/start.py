"""What the finish's start had been trained on after the warm-up: the branches that advanced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.ledger.records import Closed, Proposed, Record


def advanced_mixtures(records: Iterable[Record]) -> dict[str, Mapping[str, float]]:
    """Job key -> mixture, in the order of training; {} for a control, the target alone.

    A round after which the next one starts where it did itself adds nothing.
    """
    tried: dict[str, Mapping[str, float]] = {}
    found: dict[str, Mapping[str, float]] = {}
    proposed: Proposed | None = None
    for record in records:
        match record:
            case Proposed():
                proposed = record
            case Closed() if proposed:
                pairs = zip(record.gains, proposed.proposals, strict=False)
                tried |= {gain.branch: line.mixture for gain, line in pairs}
                found[record.advanced] = tried.get(record.advanced, {})
    return found
