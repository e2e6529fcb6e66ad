"""Where the rules lie that come with the package."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
PROFILE = "xops"  # what is watched when the settings choose nothing else
PROFILES = (PROFILE, "ai-portal")  # each is a rulebook of its own: they are never mixed


def shipped_rules() -> tuple[Path, ...]:
    """Return the folder of the shipped rules that are in use by default."""
    return (shipped_profiles()[PROFILE],)


def shipped_profiles() -> dict[str, Path]:
    """Return the folder of each profile: in an installed package, or at a checkout's root."""
    installed = _PACKAGE / "rules"
    rules = installed if installed.is_dir() else _PACKAGE.parent / "rules"
    return {name: rules / name for name in PROFILES}
