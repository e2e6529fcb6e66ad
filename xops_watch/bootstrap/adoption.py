"""The source of what is deployed."""

from collections.abc import Sequence
from datetime import timedelta

from xops_watch.aws.task_definitions import TaskDefinitions
from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.core.condition import thresholds
from xops_watch.core.rule import Rulebook
from xops_watch.errors import ConfigurationError
from xops_watch.ports import Source
from xops_watch.sources.adoption import AdoptionSource, Declared
from xops_watch.sources.adoption.source import Deployed

_STATE = "adoption.state"


def _build(needs: Needs) -> Sequence[Source]:
    settings = needs.settings.adoption
    _demand_known(settings.attested, needs.rules())
    return (
        AdoptionSource(
            _deployed(needs),
            interval=timedelta(seconds=settings.interval_seconds),
            stack=needs.settings.stack,
            declared=Declared(
                database_kind=settings.database_kind,
                ai_paths=settings.ai_paths,
                attested=frozenset(settings.attested),
            ),
            evolutions=lambda: steps_asked_for(needs.rules()),
            seen=needs.seen,
        ),
    )


def _deployed(needs: Needs) -> Deployed | None:
    ecs, inventory = needs.settings.ecs, needs.inventory
    if inventory is None:
        return None
    client = needs.clients.make("ecs")
    return Deployed(
        inventory=inventory,
        definitions=TaskDefinitions(client),
        region=client.meta.region_name,
        l5_services=ecs.l5_services,
        l6_services=ecs.l6_services,
        ignored_services=ecs.ignored_services,
    )


def steps_asked_for(rulebook: Rulebook) -> frozenset[str]:
    """Return the ids of the evolution steps whose state some condition reads."""
    return frozenset(
        leaf.subject
        for condition, _ in rulebook.conditions
        for leaf in thresholds(condition)
        if leaf.signal.name == _STATE and leaf.subject is not None
    )


def _demand_known(attested: Sequence[str], rulebook: Rulebook) -> None:
    """A step that is misspelt would go on being recommended."""
    unknown = sorted(set(attested) - steps_asked_for(rulebook))
    if unknown:
        raise ConfigurationError(
            f"XOPS_WATCH_ADOPTION__ATTESTED: no rule asks for {unknown[0]!r:.80}",
            hint="name steps whose `done when` says adoption.state: xops-watch rules show",
        )


WIRING = Wiring(
    name="adoption",
    setting="XOPS_WATCH_ECS__CLUSTERS",
    signals=AdoptionSource.signals,
    iam_actions=AdoptionSource.iam_actions,
    enabled=lambda settings: settings.watches_something,
    build=_build,
)
