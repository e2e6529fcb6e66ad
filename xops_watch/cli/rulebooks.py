"""Which rules a command works with; apart from `setup`, since the YAML reader comes with it."""

from collections.abc import Sequence
from pathlib import Path

from xops_watch.rulebook.live import RuleFiles
from xops_watch.rulebook.shipped import shipped_profiles, shipped_rules
from xops_watch.settings import Settings, read_settings


def rule_files(settings: Settings) -> RuleFiles:
    """Return the files that the settings choose, overrides included."""
    chosen = (settings.rules_path,) if settings.rules_path else ()
    return RuleFiles(paths=found(chosen) or shipped_rules(), overrides=settings.overrides_path)


def files_of(paths: Sequence[Path]) -> RuleFiles:
    """Return the files that an argument list names; those in use when it names none."""
    return RuleFiles(paths=found(paths)) if paths else rule_files(read_settings())


def found(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the paths; what is not there and has the name of a shipped profile is that."""
    profiles = shipped_profiles()
    return tuple(
        path if path.exists() or str(path) not in profiles else profiles[str(path)]
        for path in paths
    )
