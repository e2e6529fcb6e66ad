"""Asks the real promtool whether Prometheus sees the states that the core computed."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
ALERTSTATES = {"p": "pending", "F": "firing"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A series, one value a minute, and the states that an alert on `> 80` should go through."""

    values: Sequence[float]
    hold_seconds: int
    keep_seconds: int
    states: str


def disagreement(folder: Path, cases: Sequence[Case]) -> str:
    """Return what promtool says when it sees other states; nothing when it agrees."""
    rules, script = folder / "rules.json", folder / "states.json"
    group = {"name": "all", "interval": "1m", "rules": _rules(cases)}
    rules.write_text(json.dumps({"groups": [group]}), encoding="utf-8")
    whole = {"rule_files": [rules.name], "evaluation_interval": "1m", "tests": [_test(cases)]}
    script.write_text(json.dumps(whole), encoding="utf-8")
    done = subprocess.run(
        ["promtool", "test", "rules", script.name],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _rules(cases: Sequence[Case]) -> list[dict[str, object]]:
    return [
        {
            "alert": f"a{number}",
            "expr": f'x{{n="{number}"}} > 80',
            "for": f"{case.hold_seconds}s",
            "keep_firing_for": f"{case.keep_seconds}s",
        }
        for number, case in enumerate(cases)
    ]


def _test(cases: Sequence[Case]) -> dict[str, object]:
    """Ask at each minute for all alerts there are."""
    return {
        "interval": "1m",
        "input_series": [
            {"series": f'x{{n="{number}"}}', "values": " ".join(map(repr, case.values))}
            for number, case in enumerate(cases)
        ],
        "promql_expr_test": [
            {"expr": "ALERTS", "eval_time": f"{minute}m", "exp_samples": _samples(cases, minute)}
            for minute in range(max(len(case.values) for case in cases))
        ],
    }


def _samples(cases: Sequence[Case], minute: int) -> list[dict[str, object]]:
    active = [
        (number, ALERTSTATES[case.states[minute]])
        for number, case in enumerate(cases)
        if case.states[minute] in ALERTSTATES
    ]
    return [
        {"labels": f'ALERTS{{alertname="a{n}", alertstate="{state}", n="{n}"}}', "value": 1}
        for n, state in active
    ]
