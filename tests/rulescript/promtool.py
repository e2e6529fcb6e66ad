"""Asks promtool what it makes of series notation."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
# Longer than promtool looks back for a value: what is missing is seen to be missing.
INTERVAL_MINUTES = 10


def disagreement(folder: Path, expanded: Sequence[tuple[str, Sequence[float | None]]]) -> str:
    """Return what promtool says when it expands a text otherwise; nothing when it agrees."""
    cases = [_case(index, text, values) for index, (text, values) in enumerate(expanded)]
    script = folder / "notation.json"
    whole = {"rule_files": [], "evaluation_interval": f"{INTERVAL_MINUTES}m", "tests": cases}
    script.write_text(json.dumps(whole), encoding="utf-8")
    done = subprocess.run(
        ["promtool", "test", "rules", str(script)], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _case(index: int, text: str, values: Sequence[float | None]) -> dict[str, object]:
    name = f'series{{n="{index}"}}'
    # One instant more: nothing comes after the end.
    instants = enumerate([*values, None])
    return {
        "interval": f"{INTERVAL_MINUTES}m",
        "input_series": [{"series": name, "values": text}],
        "promql_expr_test": [
            {
                "expr": name,
                "eval_time": f"{step * INTERVAL_MINUTES}m",
                "exp_samples": [] if value is None else [{"labels": name, "value": value}],
            }
            for step, value in instants
        ],
    }
