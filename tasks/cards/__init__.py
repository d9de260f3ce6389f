"""Cards: what a person writes in YAML about a data set, read strictly."""

from __future__ import annotations

from tasks.cards.card import Card as Card
from tasks.cards.card import RowCaps as RowCaps
from tasks.cards.reading import read_cards as read_cards
from tasks.cards.reading import read_placed_cards as read_placed_cards
from tasks.cards.rules import MetricName as MetricName
from tasks.cards.rules import wrong_count as wrong_count
from tasks.cards.schema import card_schema as card_schema
from tasks.cards.source import Source as Source
from tasks.cards.source import SplitNames as SplitNames
from tasks.cards.template import Template as Template
