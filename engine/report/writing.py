"""report.html of a run folder, from its ledger and the arrays to which that refers."""

from __future__ import annotations

import hashlib
import shlex
from pathlib import Path

from engine.campaign.run_folder import RunFolder
from engine.ledger.ledger import FILE_NAME, read_ledger
from engine.report.gathering import facts_of
from engine.report.page import page
from engine.report.scores import last_scores
from engine.storage.whole_file import write_whole


def write_report(folder: Path) -> Path:
    """Write report.html of a campaign at any stage, and say where it is.

    Raises:
        ValueError: If the folder has no ledger, or one that holds no campaign.
        LedgerDamagedError: If the ledger was altered.
        DamagedFileError: If arrays to which it refers are missing or damaged.
    """
    ledger = folder / FILE_NAME
    records = read_ledger(ledger)
    facts = facts_of(records, last_scores(records, RunFolder(folder).arrays))
    content = page(facts, origin=_origin(folder, ledger))
    path = folder / "report.html"
    write_whole(path, content.encode())
    return path


def _origin(folder: Path, ledger: Path) -> tuple[tuple[str, str], ...]:
    with ledger.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    where = shlex.quote(str(folder))
    config = shlex.quote(str(folder / "campaign.yaml"))
    return (
        ("ledger, sha256", digest),
        ("to resume", f"sextant run {config} --out {where}"),
        ("to write this page again", f"sextant report {where}"),
    )
