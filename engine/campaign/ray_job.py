"""Whether this process is the driver of a Ray job; read from the environment, without Ray."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

# Ray's job supervisor puts the job's configuration here for the entrypoint, and for it alone:
# workers and ordinary `ray.init` drivers do not have it (ray/dashboard/modules/job).
_JOB_CONFIG = "RAY_JOB_CONFIG_JSON_ENV_VAR"


def in_ray_job(environ: Mapping[str, str] | None = None) -> bool:
    """True for a command started by `ray job submit`, whose working directory is a passing copy."""
    return _JOB_CONFIG in (os.environ if environ is None else environ)


def check_out_folder(out: Path, environ: Mapping[str, str] | None = None) -> None:
    """Refuse a folder that would vanish with the job's copy of the working directory.

    Raises:
        ValueError: A relative folder inside a Ray job.
    """
    if in_ray_job(environ) and not out.is_absolute():
        raise ValueError(
            f"--out {out}: a relative folder inside a Ray job lies in a temporary copy of the"
            " working directory and is lost with it; give an absolute path that every node sees,"
            f" e.g. --out /shared/{out}."
        )
