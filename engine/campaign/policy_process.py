"""Asks a policy in a process of its own, so that one that hangs, exits or grows can be ended."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import ClassVar

import numpy as np

from engine.campaign.plugins import load_policy
from engine.campaign.spec import PolicyChoice
from engine.training.jobs import Seed
from policies import InvalidProposalError, Proposal, View, check_proposals


class PolicyFailedError(RuntimeError):
    """A policy raised, ran past its limit, ended its process or answered nonsense."""

    exit_code: ClassVar[int] = 3


@dataclass(frozen=True, slots=True)
class Question:
    """One call of `propose`."""

    view: View
    seed: Seed


Answer = tuple[Proposal, ...] | str
"""Checked proposals, or what went wrong."""


def ask_policy(choice: PolicyChoice, questions: Sequence[Question]) -> list[tuple[Proposal, ...]]:
    """Answers to `questions`, in order, each checked against its view.

    Raises:
        PolicyFailedError: Names the policy, the round and, for an exception, its own file and line.
    """
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_answer, args=(theirs, choice, tuple(questions)), daemon=True)
    process.start()
    theirs.close()
    try:
        return [_received(ours, choice, question) for question in questions]
    finally:
        process.kill()
        process.join()


def _received(ours: Connection, choice: PolicyChoice, question: Question) -> tuple[Proposal, ...]:
    where = f"Policy {choice.name!r}, round {question.view.round}"
    try:
        if not ours.poll(choice.timeout_s):
            raise PolicyFailedError(
                f"{where}: took more than {choice.timeout_s:g} s (policy.timeout_s)."
            )
        answer: Answer = ours.recv()
    except EOFError:
        raise PolicyFailedError(f"{where}: ended its own process.") from None
    if isinstance(answer, str):
        raise PolicyFailedError(f"{where}: {answer}")
    return answer


def _answer(theirs: Connection, choice: PolicyChoice, questions: tuple[Question, ...]) -> None:
    policy = load_policy(choice.name, choice.options)
    for question in questions:
        try:
            answer = policy.propose(question.view, np.random.default_rng(question.seed))
            theirs.send(check_proposals(answer, question.view))
        except InvalidProposalError as error:
            theirs.send(str(error))
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            theirs.send(f"{type(error).__name__}: {error} ({last.filename}:{last.lineno})")
