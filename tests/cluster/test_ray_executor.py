"""The Ray executor on a real cluster, with workers that die, hang, raise and lie."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import ray
from faulty_bench import job, pid_of, setting_in

from cluster import RayExecutor
from engine.training.jobs import EvaluateResult, Failure, FailureKind, Result

pytest_plugins = ("small_cluster",)
pytestmark = pytest.mark.ray

Hire = Callable[..., RayExecutor]


@pytest.fixture(scope="module")
def shared(small_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayExecutor]:
    """One worker that outlives the tests, as it must outlive what they do to it."""
    setting = setting_in(tmp_path_factory.mktemp("run"), workers=1)
    executor = RayExecutor(setting, bench="faulty_bench:FaultyBench")
    yield executor
    executor.close()


def only(answers: list[Result | Failure]) -> Result | Failure:
    assert len(answers) == 1
    return answers[0]


def one(executor: RayExecutor, key: str, deadline_s: float = 60.0) -> Result | Failure:
    return only(list(executor.run([job(key, deadline_s=deadline_s)])))


def warm(executor: RayExecutor, *, workers: int) -> None:
    """Run jobs until so many workers are up."""
    pids: set[int] = set()
    while len(pids) < workers:
        pids |= {pid_of(answer) for answer in executor.run([job("slow-1"), job("slow-2")])}


def kind_of(answer: Result | Failure) -> FailureKind:
    assert isinstance(answer, Failure), answer
    return answer.kind


def test_more_jobs_than_workers_are_answered_exactly_once(hire: Hire) -> None:
    executor = hire(workers=2)
    answers = list(executor.run([job(f"slow-{number}") for number in range(7)]))
    assert Counter(answer.key for answer in answers) == {f"slow-{n}": 1 for n in range(7)}
    assert len({pid_of(answer) for answer in answers}) == 2


def test_workers_live_on_from_one_call_to_the_next(shared: RayExecutor) -> None:
    first, second = one(shared, "fine-1"), one(shared, "fine-2")
    assert pid_of(first) == pid_of(second)


def test_a_worker_has_its_threads_and_sees_no_gpu_that_is_not_its_own(hire: Hire) -> None:
    answer = one(hire(threads=2), "fine")
    assert isinstance(answer, EvaluateResult)
    assert answer.test["target"].predictions.tolist() == [2.0, 0.0]


def test_workers_share_a_gpu_by_fractions(hire: Hire) -> None:
    executor = hire(workers=2, gpus=0.5)
    warm(executor, workers=2)
    answer = one(executor, "fine")
    assert isinstance(answer, EvaluateResult)
    assert answer.test["target"].predictions.tolist() == [1.0, 1.0]


def test_results_are_copies_that_outlive_the_object_store(shared: RayExecutor) -> None:
    answer = one(shared, "fine")
    assert isinstance(answer, EvaluateResult)
    losses = answer.test["target"].losses
    assert losses.flags.writeable and losses.flags.owndata


@pytest.mark.parametrize("fault", ["die", "exit"])
def test_a_worker_that_dies_is_lost_and_replaced(shared: RayExecutor, fault: str) -> None:
    before = one(shared, "fine-1")
    assert kind_of(one(shared, fault)) == "worker-lost"
    assert pid_of(one(shared, "fine-2")) != pid_of(before)


@pytest.mark.parametrize("fault", ["hang", "hold", "stop"])
def test_a_worker_that_hangs_is_killed_at_its_jobs_deadline(
    shared: RayExecutor, fault: str
) -> None:
    one(shared, "fine-1")
    begun = time.monotonic()
    assert kind_of(one(shared, fault, deadline_s=1.0)) == "timed-out"
    assert 1.0 <= time.monotonic() - begun < 3.0
    assert isinstance(one(shared, "fine-2"), EvaluateResult)


def test_the_deadline_counts_from_the_start_of_the_job_not_of_the_worker(
    shared: RayExecutor,
) -> None:
    assert isinstance(one(shared, "slow", deadline_s=0.9), EvaluateResult)


def test_other_jobs_go_on_while_one_hangs(hire: Hire) -> None:
    executor = hire(workers=2)
    warm(executor, workers=2)
    jobs = [job("hang", deadline_s=2.0), *(job(f"fine-{n}") for n in range(4))]
    answers = list(executor.run(jobs))
    assert kind_of(answers[-1]) == "timed-out"
    assert sum(isinstance(answer, EvaluateResult) for answer in answers) == 4


@pytest.mark.parametrize(
    ("fault", "message"), [("raise", "job raise went wrong"), ("unpicklable", "held by a lambda")]
)
def test_what_a_job_raises_is_data_and_the_next_job_gets_a_fresh_process(
    shared: RayExecutor, fault: str, message: str
) -> None:
    before = one(shared, "fine-1")
    failure = one(shared, fault)
    assert kind_of(failure) == "error"
    assert isinstance(failure, Failure) and message in failure.message
    assert (failure.key, failure.attempt) == (fault, 1)
    assert pid_of(one(shared, "fine-2")) != pid_of(before)


def test_an_answer_to_another_job_is_no_result(shared: RayExecutor) -> None:
    failure = one(shared, "other")
    assert kind_of(failure) == "error"
    assert failure.key == "other"


def test_an_answer_to_an_older_attempt_is_no_result(shared: RayExecutor) -> None:
    answer = only(list(shared.run([job("fine", attempt=2)])))
    assert kind_of(answer) == "error"


def test_a_workbench_that_cannot_be_built_fails_each_job_once(hire: Hire) -> None:
    answers = list(hire("faulty_bench:BrokenBench").run([job("a"), job("b")]))
    assert [answer.key for answer in answers] == ["a", "b"]
    for answer in answers:
        assert isinstance(answer, Failure)
        assert "could not start: OSError: no model at minilm" in answer.message


def test_a_run_folder_that_the_node_does_not_see_is_named(hire: Hire, tmp_path: object) -> None:
    executor = hire()
    folder = executor._crew._setting.folder  # nowhere public: only the workers look at it
    folder.rmdir()
    failure = one(executor, "fine")
    assert isinstance(failure, Failure) and str(folder) in failure.message
    folder.mkdir()


def test_whoever_stops_listening_ends_the_busy_workers(hire: Hire) -> None:
    executor = hire(workers=2)
    warm(executor, workers=2)
    answers = executor.run([job("fine"), job("hang")])
    assert next(answers).key == "fine"
    answers.close()  # type: ignore[attr-defined]
    begun = time.monotonic()
    assert [answer.key for answer in executor.run([job("slow-1"), job("slow-2")])]
    assert time.monotonic() - begun < 30


def test_a_resource_that_never_comes_is_named(hire: Hire, caplog: pytest.LogCaptureFixture) -> None:
    executor = hire(threads=64, placing_limit_s=1.0)
    with pytest.raises(ValueError, match=r"worker of 64 CPU in 1 s: the cluster has 3 CPU, 1 GPU"):
        list(executor.run([job("fine")]))


def test_one_worker_without_a_place_does_not_stop_the_others(
    hire: Hire, caplog: pytest.LogCaptureFixture
) -> None:
    executor = hire(workers=4)
    warm(executor, workers=2)
    executor._crew._placing_limit_s = 0.1
    answers = list(executor.run([job(f"slow-{number}") for number in range(6)]))
    assert all(isinstance(answer, EvaluateResult) for answer in answers)
    assert "No place for a worker of 1 CPU" in caplog.text


def test_closing_twice_is_harmless_and_leaves_the_cluster_to_its_owner(hire: Hire) -> None:
    executor = hire()
    executor.close()
    one(executor, "fine")
    executor.close()
    executor.close()
    assert ray.is_initialized()
