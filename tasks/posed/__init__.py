"""Posed tasks on disk, so that rows are read and posed once."""

from __future__ import annotations

from tasks.posed.cache import posed_once as posed_once
from tasks.posed.examples import PosedExamples as PosedExamples
from tasks.posed.examples import posed_examples as posed_examples
from tasks.posed.file import PosedTask as PosedTask
