"""Where the rules lie that come with the package."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
PROFILE = "xops"


def shipped_rules() -> tuple[Path, ...]:
    """Return the folder of the shipped rules: in an installed package, or at a checkout's root."""
    installed = _PACKAGE / "rules" / PROFILE
    return (installed if installed.is_dir() else _PACKAGE.parent / "rules" / PROFILE,)
