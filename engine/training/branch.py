"""Train one branch: the target's examples at every step, a mixture of candidates' beside them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.model.batch import Encoded
from engine.model.build_model import torch_seed
from engine.model.interface import TaskModel
from engine.training.data_stream import Step
from engine.training.failures import DivergedError
from engine.training.jobs import BranchJob, Cost, Schedule
from engine.training.optimizer import HEAD_RATE, Optimizer, Rates, rate_factor

DROPOUT = 4
"""Number that sets the seed of dropout apart from those of `data_stream` and `warm_up`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """What training a branch used and how it went; the model holds the state that was kept."""

    cost: Cost
    curve: tuple[tuple[int, float], ...]
    """(step, gate loss); step 0 is the state that the branch started from."""
    kept: int
    """Steps after which the kept state was reached."""


def train_branch(
    model: TaskModel,
    steps: Iterable[Step],
    job: BranchJob,
    *,
    bfloat16: bool = False,
    judge: Callable[[], float] | None = None,
) -> Trained:
    """Train `model` in place; a step's loss is the target's mean plus the candidates' mean.

    The target's part is read by itself, with dropout seeded by (job, step), so that all branches of
    a round drop the same: their differences are then due to the candidates alone. Training one
    branch on several workers would go into `_Pass.add`: its gradients are all they must average.

    Args:
        model: At the state to start from.
        steps: As `branch_steps` makes them.
        job: Its schedule and seed.
        bfloat16: Compute in bfloat16 where it is safe to; parameters stay float32.
        judge: Loss on the gate split, called when the schedule asks for it. The state with the
            lowest is kept. None keeps the last state.

    Raises:
        DivergedError: If a loss or gradient is not finite.
    """
    schedule = job.schedule
    rate = schedule.learning_rate
    rates = Rates(body=rate, prefixes=rate * HEAD_RATE, weight_decay=schedule.weight_decay)
    optimizer, spent = Optimizer(model, rates), _Pass(model, bfloat16=bfloat16)
    watch = _Watch(model, schedule, judge)
    done = 0
    watch.start()
    with own_dropout(model):
        for done, step in enumerate(steps, start=1):
            torch.manual_seed(torch_seed((*job.seed, DROPOUT, done)))
            for part in (step.target, step.candidates):
                spent.add(part)
            factor = rate_factor(done - 1, steps=schedule.steps, rise=schedule.rise)
            check_finite(optimizer.step(factor), done, schedule.learning_rate)
            if watch.is_enough(done) or 0 < schedule.max_tokens <= spent.tokens:
                break
    return Trained(kept=watch.finish(done), curve=tuple(watch.curve), cost=spent.cost())


@contextmanager
def own_dropout(model: TaskModel) -> Iterator[None]:
    """Training mode inside, and torch's global random state put back afterwards."""
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        model.train(True)
        try:
            yield
        finally:
            model.train(False)


def check_finite(number: float, step: int, learning_rate: float) -> None:
    """Raise DivergedError unless `number`, the norm of a step's gradients, is finite."""
    if number - number != 0.0:
        raise DivergedError(
            f"Training diverged at step {step}: the gradient's norm is {number}. "
            f"Try a learning rate below {learning_rate:g}."
        )


class _Pass:
    """Forward and backward, and what they cost."""

    def __init__(self, model: TaskModel, *, bfloat16: bool) -> None:
        self.model, self.bfloat16 = model, bfloat16
        self.tokens = self.examples = 0
        self.started = time.perf_counter()

    def add(self, examples: Sequence[Encoded]) -> None:
        """Add the gradient of the examples' mean loss to the parameters' `.grad`."""
        if not examples:
            return
        batch = self.model.collate(examples)
        with in_precision(batch.input_ids_RT, bfloat16=self.bfloat16):
            loss = self.model.losses(batch).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        self.tokens += sum(map(self.model.trained_tokens, examples))
        self.examples += len(examples)

    def cost(self) -> Cost:
        seconds = time.perf_counter() - self.started
        return Cost(tokens=self.tokens, examples=self.examples, seconds=seconds)


def in_precision(like: Tensor, *, bfloat16: bool) -> torch.autocast:
    """Autocast on the device of `like`; does nothing unless `bfloat16`."""
    return torch.autocast(like.device.type, dtype=torch.bfloat16, enabled=bfloat16)


class _Watch:
    """Early stopping: judges when it is time, remembers the best state."""

    def __init__(
        self, model: TaskModel, schedule: Schedule, judge: Callable[[], float] | None
    ) -> None:
        self.model, self.schedule, self.judge = model, schedule, judge
        self.curve: list[tuple[int, float]] = []
        self.best: dict[str, Tensor] = {}
        self.kept = 0

    def start(self) -> None:
        """Judge the state to start from: training must not end worse than it began."""
        if self.schedule.evaluate_every:
            self._look(0)

    def is_enough(self, done: int) -> bool:
        """Judge if it is time; whether patience has run out."""
        every = self.schedule.evaluate_every
        if every and done % every == 0:
            self._look(done)
        losses = [loss for _, loss in self.curve]
        since_best = len(losses) - 1 - losses.index(min(losses)) if losses else 0
        return 0 < self.schedule.patience <= since_best

    def finish(self, done: int) -> int:
        """Judge the last state if that is due, put the best one back; after which step it was."""
        if not (self.judge and self.schedule.evaluate_every):
            return done
        if not self.curve or self.curve[-1][0] != done:
            self._look(done)
        if self.kept != done:
            self.model.load_state(self.best)
        return self.kept

    def _look(self, done: int) -> None:
        if self.judge is None:
            return
        loss = self.judge()
        if not self.curve or loss < min(loss for _, loss in self.curve):
            self.best = {name: tensor.clone() for name, tensor in self.model.state().items()}
            self.kept = done
        self.curve.append((done, loss))
