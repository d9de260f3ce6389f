"""Recognising a Ray job by its environment alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.campaign.ray_job import check_out_folder, in_ray_job

JOB = {"RAY_JOB_CONFIG_JSON_ENV_VAR": "{}"}


def test_an_ordinary_shell_is_no_ray_job() -> None:
    assert not in_ray_job({"RAY_ADDRESS": "10.0.0.1:6379"})
    assert not in_ray_job()


def test_a_job_is_known_by_its_configuration() -> None:
    assert in_ray_job(JOB)


def test_a_relative_folder_is_refused_inside_a_job_only() -> None:
    check_out_folder(Path("runs/a"), {})
    check_out_folder(Path("/shared/runs/a"), JOB)
    with pytest.raises(ValueError, match=r"--out runs/a: .*absolute path"):
        check_out_folder(Path("runs/a"), JOB)
