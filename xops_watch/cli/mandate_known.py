"""Which mandates there are: those that the documents name, and those that rules ask for."""

from collections.abc import Collection

from xops_watch.cli.rulebooks import rule_files
from xops_watch.core.condition import thresholds
from xops_watch.errors import ConfigurationError
from xops_watch.settings import Settings
from xops_watch.sources.mandates.judged import DOCUMENTED, STATE, unknown_mandate


def known_mandates(settings: Settings) -> Collection[str]:
    """Return the ids; raises RulebookError when the rules in use cannot be read."""
    return {*DOCUMENTED, *asked_for(settings)}


def asked_for(settings: Settings) -> Collection[str]:
    """Return the ids that the rules in use ask for; raises RulebookError."""
    return {
        leaf.subject
        for condition, _ in rule_files(settings).read().conditions
        for leaf in thresholds(condition)
        if leaf.signal.name == STATE and leaf.subject is not None
    }


def require_known(mandate: str, settings: Settings) -> None:
    """Raise ConfigurationError for an id that nothing would ever read."""
    known = known_mandates(settings)
    if mandate not in known:
        hint = f"the mandates are {', '.join(sorted(known))}"
        raise ConfigurationError(unknown_mandate(mandate, known), hint=hint)
