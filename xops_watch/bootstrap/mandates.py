"""The source of what people declare."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from xops_watch.aws.clients import Clients
from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.core.condition import thresholds
from xops_watch.core.rule import Rulebook
from xops_watch.ledger import Ledger
from xops_watch.ports import Memory, Source
from xops_watch.settings import Settings
from xops_watch.sources.mandates import FilePlace, MandatesSource, ParameterPlace, Place, Records
from xops_watch.store.filesystem import IN_MEMORY
from xops_watch.store.sqlite import SqliteStore

_STATE = "mandate.state"


def _build(needs: Needs) -> Sequence[Source]:
    settings = needs.settings
    source = MandatesSource(
        places_of(settings, needs.clients),
        Records(
            memory=needs.memory,
            ledger=ledger_of(settings),
            writes=_lasts(needs.memory),
        ),
        interval=timedelta(seconds=settings.mandates.interval_seconds),
        stack=settings.stack,
        mandates=lambda: mandates_asked_for(needs.rules()),
        seen=needs.seen,
    )
    return (source,)


def places_of(settings: Settings, clients: Clients) -> Sequence[Place]:
    """Return where the settings say that mandates are declared; raises ConfigurationError."""
    wanted = settings.mandates
    places: list[Place] = []
    if wanted.path is not None:
        places.append(FilePlace(wanted.path))
    if wanted.reads_ssm:
        places.append(ParameterPlace(clients.make("ssm"), wanted.ssm_prefix))
    return places


def ledger_of(settings: Settings) -> Ledger:
    """Return the ledger of mandates and decisions."""
    return Ledger(settings.ledger.beside(settings.state_path), stack=settings.stack)


def mandates_asked_for(rulebook: Rulebook) -> Collection[str]:
    """Return the ids of the mandates whose state some condition reads."""
    return {
        leaf.subject
        for condition, _ in rulebook.conditions
        for leaf in thresholds(condition)
        if leaf.signal.name == _STATE and leaf.subject is not None
    }


def _lasts(memory: Memory) -> bool:
    """Tell whether this is the daemon: `once` and `doctor` look and write nothing down."""
    return not (isinstance(memory, SqliteStore) and memory.journal is IN_MEMORY)


WIRING = Wiring(
    name="mandates",
    setting="XOPS_WATCH_MANDATES__PATH",
    signals=MandatesSource.signals,
    enabled=lambda settings: settings.mandates.asked_for,
    build=_build,
)

# A wiring of its own, so that who declares in a file alone is asked for no permission.
PARAMETERS = Wiring(
    name="mandate_parameters",
    setting="XOPS_WATCH_MANDATES__SSM_PREFIX",
    signals=(),
    iam_actions=MandatesSource.iam_actions,
    enabled=lambda settings: settings.mandates.reads_ssm,
    build=lambda _: (),
)

WIRINGS = (WIRING, PARAMETERS)
