"""What is wrong with tasks, and what must not be trained on."""

from __future__ import annotations

from tasks.screening.check import NumTokens as NumTokens
from tasks.screening.check import check_pool as check_pool
from tasks.screening.contamination import Screened as Screened
from tasks.screening.contamination import screen as screen
from tasks.screening.finding import Finding as Finding
from tasks.screening.report import UNSEEN as UNSEEN
from tasks.screening.report import findings_lines as findings_lines
from tasks.screening.report import findings_markdown as findings_markdown
from tasks.screening.report import findings_summary as findings_summary
