"""The JSON schema of a card, by which editors complete and check it while it is written."""

from __future__ import annotations

from typing import Any

import pydantic

from tasks.cards.card import Card


def card_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of one card, every key described.

    It knows keys, types and choices; which labels go with which metric is said when a card is read.
    """
    schema = pydantic.TypeAdapter(Card).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
