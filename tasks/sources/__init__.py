"""Rows as they lie in files or on the hub; `hub` alone imports `datasets`."""

from __future__ import annotations

from tasks.sources.reading import commit_of as commit_of
from tasks.sources.reading import read_table as read_table
from tasks.sources.reading import split_names as split_names
from tasks.sources.table import Opaque as Opaque
from tasks.sources.table import Row as Row
from tasks.sources.table import Table as Table
