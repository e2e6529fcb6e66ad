"""Runs the command as a person would: a process, its output, its exit code."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str


def xops_watch(*arguments: str, **environment: str) -> Outcome:
    """Run `xops-watch` with only these XOPS_WATCH_ and AWS_ variables set."""
    done = subprocess.run(
        [sys.executable, "-m", "xops_watch", *arguments],
        env=clean_environment(environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of this process without what would configure the daemon."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("XOPS_WATCH_", "AWS_", "ECS_CONTAINER_"))
    }
    # No instance metadata service answers here, and nobody should wait for one.
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", **extra}
