"""The process that talks to Weights & Biases: instructions on stdin, words for people on stdout.

A process of its own, so that whatever W&B does (wait for a server, crash, hang at exit) happens
elsewhere: `engine.tracking.wandb` ends it when its time is up. It imports nothing of the engine.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import wandb

SETTINGS: dict[str, Any] = {
    "console": "off",
    "disable_code": True,
    "disable_git": True,
    "silent": True,
    "x_disable_stats": True,
    "x_save_requirements": False,
}
NAMESPACES = ("mix", "branch", "gain", "target", "score", "cost")


class Sender:
    """One W&B run: the campaign's."""

    def __init__(self, words: TextIO) -> None:
        self._words = words
        self._run: Any = None
        self._folder = Path()
        self._delivered = False

    def obey(self, instruction: Mapping[str, Any]) -> None:
        match instruction["do"]:
            case "open":
                self._open(instruction)
            case "row":
                self._row(instruction["row"])
            case "deliver":
                self._deliver(instruction)

    def finish(self) -> None:
        """Mark the run as finished, or as failed when nothing was delivered: it can be resumed."""
        if self._run:
            self._run.finish(exit_code=0 if self._delivered else 1)

    def say(self, message: str) -> None:
        self._words.write(" ".join(message.split()) + "\n")
        self._words.flush()

    def _open(self, instruction: Mapping[str, Any]) -> None:
        self._folder = Path(instruction["folder"])
        try:
            self._run = self._init(instruction, mode=None)
        except wandb.errors.UsageError as error:
            self._open_offline(instruction, f"W&B has no credentials ({_first_line(error)})")
        except Exception as error:
            self._open_offline(instruction, f"W&B cannot be reached ({_first_line(error)})")
        self._run.define_metric("round", hidden=True)
        for namespace in NAMESPACES:
            self._run.define_metric(f"{namespace}/*", step_metric="round")

    def _open_offline(self, instruction: Mapping[str, Any], why: str) -> None:
        # W&B's service still holds the id of the run that it could not open.
        with contextlib.suppress(Exception):
            wandb.teardown()
        self._run = self._init(instruction, mode="offline")
        self.say(
            f"{why}: the run is kept in {self._folder / 'wandb'}; "
            f"send it later with `wandb sync {Path(self._run.dir).parent}`."
        )

    def _init(self, instruction: Mapping[str, Any], *, mode: Any) -> Any:
        return wandb.init(
            project=os.environ.get("WANDB_PROJECT") or instruction["project"],
            id=instruction["id"],
            name=instruction["name"],
            group=instruction["name"],
            job_type="controller",
            resume="allow",
            dir=str(self._folder),
            config=instruction["config"],
            mode=mode,
            settings=wandb.Settings(
                init_timeout=instruction["init_timeout"],
                finish_timeout=instruction["finish_timeout"],
                **SETTINGS,
            ),
        )

    def _row(self, row: Mapping[str, float]) -> None:
        # W&B's own step counter starts at 0 again when an offline run resumes: rounds are ours.
        mark = self._folder / "wandb" / "last-round"
        last = int(mark.read_text()) if mark.is_file() else 0
        if row["round"] > last:
            self._run.log(dict(row))
            mark.write_text(str(int(row["round"])))

    def _deliver(self, instruction: Mapping[str, Any]) -> None:
        self._delivered = True
        self._run.summary.update(instruction["summary"])
        # These two ask the server and wait: when it is gone, the rows at least are safe.
        table = wandb.Table(columns=instruction["columns"], data=instruction["rows"])
        self._run.log({"arms": table})
        self._run.log_artifact(self._artifact(instruction))

    def _artifact(self, instruction: Mapping[str, Any]) -> Any:
        artifact = wandb.Artifact(
            f"mixture-{self._run.id}", type="mixture", description=instruction["reason"]
        )
        ready = self._folder / "mixture.json"
        with artifact.new_file("mixture.json", mode="w", encoding="utf-8") as file:
            if ready.is_file():
                file.write(ready.read_text(encoding="utf-8"))
            else:
                json.dump({"mixture": instruction["mixture"]}, file, indent=2)
        return artifact


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def main() -> int:
    """Obey the instructions on stdin, one JSON object a line; 0, or 1 where W&B failed."""
    # What any library prints must not look like our words to whoever started us.
    words, sys.stdout = sys.stdout, sys.stderr
    sender = Sender(words)
    try:
        for line in sys.stdin:
            sender.obey(json.loads(line))
        sender.finish()
    except Exception as error:
        trouble = f"{type(error).__name__}: {_first_line(error)}"
        sender.say(f"W&B is switched off ({trouble}); the ledger and events.jsonl go on.")
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Past W&B's exit hooks, which wait for a service that may be dead, a server that is silent.
    os._exit(code)
