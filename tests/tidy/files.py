"""The files of the checkout, as git would list them."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
GENERATED = {"build", "dist", "site", "__pycache__"}


def files(*suffixes: str, under: str = ".") -> Iterator[Path]:
    """Yield the files of the checkout with one of these suffixes, all when none is given."""
    folders = [ROOT / under]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            hidden = path.name.startswith(".") and path.name not in {".ci", ".dockerignore"}
            if hidden or path.name in GENERATED or path.suffix == ".egg-info":
                continue
            if path.is_dir():
                folders.append(path)
            elif not suffixes or path.suffix in suffixes:
                yield path


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))
