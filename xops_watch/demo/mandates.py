"""The file of mandates: empty at first, reviewed like code, and one day with a line in it."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

_YEAR = timedelta(days=365)


def write_none(path: Path) -> None:
    """Write the file of a stack of which nothing is mandated."""
    _write(path, {})


def declare_sovereignty(path: Path, *, now: datetime) -> None:
    """Declare the sovereignty of data, for a year; author and approver are two people."""
    declared = {
        "state": "declared",
        "summary": "Prompts and answers stay in ap-southeast-2",
        "declared_at": _stamp(now),
        "effective_from": _stamp(now),
        "expires_at": _stamp(now + _YEAR),
        "author": {"name": "Jane Doe", "email": "jane@example.com"},
        "approver": {"name": "Ravi Patel", "email": "ravi@example.com", "role": "CISO"},
        "evidence": [{"type": "audit-finding", "ref": "APRA CPS 234, finding 4"}],
    }
    _write(path, {"sovereignty": declared})


def _write(path: Path, mandates: dict[str, Any]) -> None:
    """Replace the file whole: the daemon may read it at any time. JSON is YAML as well."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"schema": 1, "mandates": mandates}, indent=2))
    new.replace(path)


def _stamp(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
