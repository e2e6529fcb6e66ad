"""What belongs to the watched services: load balancers, file systems, distributions.

Another stack of the account is neither read nor billed. What cannot be told hides nothing: then
everything that CloudWatch lists is watched, and the log says why.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from xops_watch.aws.distributions import CloudFrontClient
from xops_watch.aws.inventory import EcsInventory
from xops_watch.aws.load_balancers import (
    BALANCERS_ACTION,
    GROUPS_ACTION,
    LoadBalancers,
    dimension_of,
)
from xops_watch.aws.origins import ORIGINS_ACTION, distributions_of
from xops_watch.aws.services import Service
from xops_watch.aws.task_definitions import TaskDefinitions
from xops_watch.errors import GapReason, SourceError

BALANCERS = "AWS/ApplicationELB"
FILE_SYSTEMS = "AWS/EFS"
DISTRIBUTIONS = "AWS/CloudFront"
DISCOVERY_ACTIONS = (
    BALANCERS_ACTION,
    GROUPS_ACTION,
    ORIGINS_ACTION,
    "ecs:DescribeTaskDefinition",
)
FOUND_FOR = timedelta(hours=1)
AGAIN_AFTER = timedelta(minutes=5)  # a failure
DEFINITIONS_MAX = 200  # of a larger account the file systems are not looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The subjects of one namespace, or why they are not known.

    `refused` is why a newer look failed, and these have to serve.
    """

    at: datetime
    names: frozenset[str] | SourceError
    refused: SourceError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Whom discovery asks."""

    inventory: EcsInventory
    definitions: TaskDefinitions
    balancers: LoadBalancers
    cloudfront: CloudFrontClient


class Discovery:
    """Finds what belongs to the services of the inventory. Safe to share between threads.

    `tell` hears, once each time it changes, that a namespace cannot be told apart.
    """

    def __init__(self, readers: Readers, *, tell: Callable[[str, SourceError], None]) -> None:
        self._readers = readers
        self._tell = tell
        self._lock = threading.Lock()
        self._found: dict[str, Found] = {}
        self._looks: dict[str, Callable[[Sequence[Service]], frozenset[str]]] = {
            BALANCERS: lambda services: frozenset(map(dimension_of, self._balancers(services))),
            FILE_SYSTEMS: self._file_systems,
            DISTRIBUTIONS: self._distributions,
        }

    def names(self, namespace: str, *, now: datetime) -> frozenset[str] | None:
        """Return the subjects of a namespace, None when everything listed has to be watched."""
        look = self._looks.get(namespace)
        if look is None:
            return None
        with self._lock:
            known = self._found.get(namespace)
            if known is None or not _holds(known, now):
                found = _kept(known, Found(at=now, names=self._look(look, now)))
                self._heed(namespace, known, found)
                self._found[namespace] = known = found
        return None if isinstance(known.names, SourceError) else known.names

    def _look(
        self, look: Callable[[Sequence[Service]], frozenset[str]], now: datetime
    ) -> frozenset[str] | SourceError:
        try:
            known = self._readers.inventory.known(now=now)
            if known.unread:
                why = f"cluster {min(known.unread):.100} has not been read"
                raise _not_told(why, reason=GapReason.UNREACHABLE)
            services = [service for service in known.services if service.active]
            if not services:
                raise _not_told("no service is active")
            names = look(services)
            if not names:
                # They may be joined in a way that ECS does not tell: none proves nothing.
                raise _not_told("the services name none")
        except SourceError as error:
            return error
        return names

    def _heed(self, namespace: str, before: Found | None, found: Found) -> None:
        error = found.names
        known = before.names if before else None
        if isinstance(error, SourceError) and not (
            isinstance(known, SourceError) and known.what == error.what
        ):
            self._tell(namespace, error)

    def _balancers(self, services: Sequence[Service]) -> frozenset[str]:
        groups = {group for service in services for group in service.target_groups}
        read = self._readers.balancers.groups(groups)
        return frozenset(balancer for group in read for balancer in group.balancers)

    def _file_systems(self, services: Sequence[Service]) -> frozenset[str]:
        arns = {s.task_definition for s in services if s.task_definition}
        if len(arns) > DEFINITIONS_MAX:
            raise _not_told(f"there are more than {DEFINITIONS_MAX} task definitions")
        found: set[str] = set()
        for definition in self._readers.definitions.read(arns).values():
            if isinstance(definition, SourceError):
                raise definition
            found.update(definition.file_systems)
        return frozenset(found)

    def _distributions(self, services: Sequence[Service]) -> frozenset[str]:
        hosts = self._readers.balancers.dns_names(self._balancers(services))
        return distributions_of(self._readers.cloudfront, hosts) if hosts else frozenset()


def _kept(before: Found | None, found: Found) -> Found:
    """Who was told apart stays so while nobody answers: else the whole account would be billed."""
    failure = found.names
    if before is None or not isinstance(failure, SourceError):
        return found
    if isinstance(before.names, SourceError) or failure.reason is GapReason.NOT_APPLICABLE:
        return found
    return Found(at=found.at, names=before.names, refused=failure)


def _holds(found: Found, now: datetime) -> bool:
    again = found.refused is not None or isinstance(found.names, SourceError)
    age = AGAIN_AFTER if again else FOUND_FOR
    return timedelta() <= now - found.at < age


def _not_told(why: str, *, reason: GapReason = GapReason.NOT_APPLICABLE) -> SourceError:
    return SourceError(
        f"what belongs to the services is not told: {why}",
        reason=reason,
        hint="name what to watch, XOPS_WATCH_CLOUDWATCH__SUBJECTS=NAMESPACE=PATTERN",
    )
