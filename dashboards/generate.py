"""Writes the dashboards, or with `--check` tells whether the files are what the code says."""

import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.board import evolution_dashboard
from xops_watch.rulebook.load import load
from xops_watch.rulebook.shipped import shipped_rules

FOLDER = Path(__file__).parent


def rendered() -> dict[str, str]:
    """Return the content of each dashboard file by its name."""
    board = evolution_dashboard(load(shipped_rules()))
    return {"xops-watch.json": json.dumps(board, cls=JSONEncoder, indent=2, sort_keys=True) + "\n"}


def stale(folder: Path) -> list[str]:
    """Return the names of the files in `folder` that differ from what the code says."""
    return [
        name
        for name, text in rendered().items()
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """Write, or check; returns the exit code."""
    if arguments == ["--check"]:
        names = stale(FOLDER)
        for name in names:
            print(f"dashboards/{name} is not what the code says: make dashboards", file=sys.stderr)  # noqa: T201 - a command
        return 1 if names else 0
    for name, text in rendered().items():
        (FOLDER / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
