"""A model and a pool in memory, ready to do any job of a campaign."""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from engine.campaign.campaign_pool import load_campaign_pool
from engine.campaign.seeds import Stream, seed_for
from engine.gains.calibration import calibrated_losses, fit
from engine.gains.evaluation import judge_branch, judge_test, predict
from engine.model.base_network import load_base
from engine.model.batch import Encoded
from engine.model.build_model import build_model
from engine.signals.direction import Direction
from engine.signals.probe import directions_of, probe_indices
from engine.signals.sources import ALONG_TARGETS, BEFORE_TRAINING
from engine.storage.array_cache import ArrayCache
from engine.storage.checkpoint import load_checkpoint, save_checkpoint
from engine.training.branch import train_branch
from engine.training.data_stream import branch_steps, warm_up_batches
from engine.training.encoded_pool import EncodedPool
from engine.training.executor import Setting
from engine.training.jobs import (
    BranchJob,
    BranchResult,
    CheckpointRef,
    Cost,
    EvaluateJob,
    EvaluateResult,
    Evaluation,
    Job,
    MeasureJob,
    MeasureResult,
    Result,
    WarmUpJob,
    WarmUpResult,
)
from engine.training.measurement import before_training, measured
from engine.training.warm_up import Mapped, warm_up
from tasks import cache_folder, screen

_PLACEBO = 5
"""Last number of the seed that shuffles labels; training's own uses have those below."""


class Workbench:
    """What one worker keeps between jobs: the pool, tokenised, and the model.

    Every job starts from the state that it names, so that neither the order of jobs nor a job that
    broke off before can be seen in a result.
    """

    def __init__(self, setting: Setting) -> None:
        """Load pool and model.

        Raises:
            ValueError: As `load_campaign_pool`, `screen`, `load_base` and `build_model`; or if a
                GPU is asked for and there is none.
        """
        campaign = setting.campaign
        torch.set_num_threads(campaign.executor.threads)
        self._campaign = campaign
        self._checkpoints = setting.folder / "checkpoints"
        targets = tuple(campaign.targets)
        pool = load_campaign_pool(campaign, base=setting.folder)
        self._pool = screen(pool, targets).pool
        seed = seed_for(campaign.seed, Stream.INITIAL_WEIGHTS)
        base = load_base(campaign.model)
        model = build_model(base, self._pool, max_length=campaign.max_length, seed=seed)
        self._model = model.to(_device(campaign.executor.gpus)).eval()
        self._initial = _copies(self._model.state())
        self._encoded = EncodedPool(
            self._pool,
            self._model,
            cut_seed=seed_for(campaign.seed, Stream.SPLIT),
            cache=ArrayCache(cache_folder() / "tokens"),
        )
        self._directions: tuple[Hashable, Mapping[str, Direction]] | None = None
        """Of the last measuring job that had any, with what they follow from."""

    def perform(self, job: Job) -> Result:
        """Do a job; on a CPU the same job gives the same result, bit by bit, seconds aside.

        Raises:
            DivergedError, DamagedCheckpointError, BadTaskError: And whatever else goes wrong;
                `failure_of` tells what it means.
        """
        started = time.perf_counter()
        result = self._perform(job)
        seconds = time.perf_counter() - started
        return replace(result, cost=replace(result.cost, seconds=seconds))

    def _perform(self, job: Job) -> Result:
        match job:
            case WarmUpJob():
                return self._warm_up(job)
            case BranchJob():
                return self._branch(job)
            case MeasureJob():
                return self._measure(job)
            case EvaluateJob():
                return self._test(job)

    def _warm_up(self, job: WarmUpJob) -> WarmUpResult:
        self._start_from("")
        train = {name: self._encoded.train(name) for name in job.mixture}
        mapped = [self._mapped(name, job) for name in self._pool] if job.mapped else []
        warmed = warm_up(
            self._model,
            warm_up_batches(train, job),
            job,
            bfloat16=self._bfloat16,
            mapped=mapped,
        )
        return WarmUpResult(
            key=job.key,
            attempt=job.attempt,
            checkpoint=self._save(job),
            prefixes=warmed.prefixes.numpy(),
            data_maps=warmed.data_maps,
            tokens_per_example=self._encoded.tokens_per_example(),
            moments=self._kept(warmed.second_moments, job, "-moments") if job.moments else None,
            cost=warmed.cost,
        )

    def _mapped(self, task: str, job: WarmUpJob) -> Mapped:
        train = self._encoded.train(task)
        chosen = probe_indices(len(train), job.mapped, task=task, seed=job.seed)
        return Mapped(kind=self._pool[task].kind, examples=[train[index] for index in chosen])

    def _branch(self, job: BranchJob) -> BranchResult:
        self._start_from(job.start)
        targets = {name: self._encoded.train(name) for name in self._campaign.targets}
        candidates = {
            name: self._encoded.shuffled(name, (*job.seed, _PLACEBO))
            if name in job.shuffled
            else self._encoded.train(name)
            for name in job.mixture
        }
        trained = train_branch(
            self._model,
            branch_steps(targets, candidates, job),
            job,
            bfloat16=self._bfloat16,
            judge=self._gate_loss,
        )
        return BranchResult(
            key=job.key,
            attempt=job.attempt,
            checkpoint=self._save(job),
            evaluations={name: self._judged(name) for name in self._campaign.targets},
            curve=trained.curve,
            cost=trained.cost,
        )

    def _measure(self, job: MeasureJob) -> MeasureResult:
        self._start_from(job.start)
        probes = {name: _probe(self._encoded.train(name), name, job) for name in job.tasks}
        targets = {
            name: _probe(self._encoded.selection(name), name, job)
            for name in self._campaign.targets
        }
        before = None
        if job.signals & BEFORE_TRAINING:
            self._start_from("")
            before = before_training(self._model, probes, targets, job.signals)
            self._start_from(job.start)
        directions = self._directions_of(targets, job) if job.signals & ALONG_TARGETS else {}
        return measured(self._model, probes, targets, job, directions=directions, before=before)

    def _directions_of(
        self, targets: Mapping[str, Sequence[Encoded]], job: MeasureJob
    ) -> Mapping[str, Direction]:
        """Made once for all jobs that share out a round's candidates.

        Each job is charged for it all the same: what it costs must not depend on who did it.
        """
        key = (job.start, job.moments, job.probe, job.seed)
        if self._directions is None or self._directions[0] != key:
            moments = load_checkpoint(self._checkpoints, job.moments) if job.moments else None
            made = directions_of(self._model, targets, seed=job.seed, second_moments=moments)
            self._directions = key, made
        return self._directions[1]

    def _test(self, job: EvaluateJob) -> EvaluateResult:
        self._start_from(job.start)
        test = {
            name: judge_test(
                self._model,
                self._pool[name],
                self._encoded.test(name),
                temperature=temperature,
            )
            for name, temperature in job.temperatures.items()
        }
        cost = Cost(tokens=0, examples=0, seconds=0.0)
        return EvaluateResult(key=job.key, attempt=job.attempt, test=test, cost=cost)

    def _judged(self, target: str) -> Evaluation:
        return judge_branch(
            self._model,
            self._pool[target],
            selection=self._encoded.selection(target),
            gate=self._encoded.gate(target),
            halves=self._encoded.halves(target),
        )

    def _gate_loss(self) -> float:
        """Calibrated loss on the gate split, weighted mean over the targets."""
        total = 0.0
        for name, weight in self._campaign.targets.items():
            gate, kind = self._encoded.gate(name), self._pool[name].kind
            outputs_NC = predict(self._model, gate)
            gold_N = np.array([one.gold for one in gate])
            temperature = fit(outputs_NC, gold_N, kind=kind)
            losses = calibrated_losses(outputs_NC, gold_N, kind=kind, temperature=temperature)
            total += weight * float(losses.mean())
        return total

    def _start_from(self, sha256: str) -> None:
        state = load_checkpoint(self._checkpoints, sha256) if sha256 else self._initial
        self._model.load_state(state)
        # A job that broke off may have left gradients, and the model in training mode.
        self._model.zero_grad(set_to_none=True)
        self._model.train(False)

    def _save(self, job: Job) -> CheckpointRef:
        return self._kept(self._model.state(), job)

    def _kept(self, tensors: Mapping[str, Tensor], job: Job, kind: str = "") -> CheckpointRef:
        tag = f"{job.key}-a{job.attempt}{kind}"
        return save_checkpoint(tensors, self._checkpoints, tag=tag)

    @property
    def _bfloat16(self) -> bool:
        return self._campaign.precision == "bfloat16"


def _probe(examples: Sequence[Encoded], task: str, job: MeasureJob) -> list[Encoded]:
    chosen = probe_indices(len(examples), job.probe, task=task, seed=job.seed)
    return [examples[index] for index in chosen]


def _copies(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in state.items()}


def _device(gpus: float) -> torch.device:
    """The GPU that the executor made visible to this worker, when it was given a share of one."""
    if not gpus:
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise ValueError(
            f"executor.gpus: {gpus} of a GPU is asked for each worker, but none can be used here. "
            "Set it to 0, or check the driver and CUDA_VISIBLE_DEVICES."
        )
    return torch.device("cuda")
