"""The golden files: what is compared, and, run as a script, how they are written again.

`python -m tests.notify.golden_files` records; the difference is then read by a person.
"""

import json
from pathlib import Path

from tests.notify.notices import GOLDEN
from xops_watch.core.notice import Notice
from xops_watch.notify.chat import custom_notification
from xops_watch.notify.machine import machine
from xops_watch.notify.render import subject, text

FOLDER = Path(__file__).parent / "golden"


def rendered(notice: Notice) -> dict[str, str]:
    """Return what is kept of a notice, by file suffix."""
    return {
        "txt": f"Subject: {subject(notice)}\n\n{text(notice)}\n",
        "json": _laid_out(machine(notice)),
        "chat.json": _laid_out(custom_notification(notice)),
    }


def golden(name: str, suffix: str) -> Path:
    """Return where one form of one notice is kept."""
    return FOLDER / f"{name}.{suffix}"


def _laid_out(document: str) -> str:
    return json.dumps(json.loads(document), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, notice in GOLDEN.items():
        for suffix, content in rendered(notice).items():
            golden(name, suffix).write_text(content, encoding="utf-8")
