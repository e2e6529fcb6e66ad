"""Which rules a command works with; apart from `setup`, since the YAML reader comes with it."""

from pathlib import Path

from xops_watch.rulebook.shipped import shipped_rules
from xops_watch.settings import Settings


def rules_paths(settings: Settings) -> tuple[Path, ...]:
    """Return the directories of rules that the settings choose."""
    return (settings.rules_path,) if settings.rules_path else shipped_rules()
