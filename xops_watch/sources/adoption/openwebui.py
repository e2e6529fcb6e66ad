"""What the task definition of Open WebUI shows of it: database, websockets, version."""

import re

from xops_watch.aws.task_definitions import TaskDefinition
from xops_watch.errors import GapReason
from xops_watch.sources.adoption.words import Environment, Unknown, hidden

SQLITE, POSTGRESQL = 0, 1
NO_MANAGER, REDIS = 0, 1

_KINDS = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
# With all of them Open WebUI puts its URL together itself.
_PARTS = ("DATABASE_TYPE", "DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_USER")
_REDIS_URLS = ("WEBSOCKET_REDIS_URL", "REDIS_URL")
_IMAGE = "open-webui"
_TAG = re.compile(r"v?(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:[-+][A-Za-z0-9._-]*)?")
_PIN = "pin a version, such as ghcr.io/open-webui/open-webui:v0.8.12"


def database_of(definition: TaskDefinition) -> int | Unknown:
    """Return the kind of database that Open WebUI is told to use; SQLite if nothing tells it."""
    environment = Environment(definition)
    in_parts = all(environment.is_set(part) for part in _PARTS)
    variable = "DATABASE_TYPE" if in_parts else "DATABASE_URL"
    values = environment.values(variable)
    if not values:
        fix = "declare it, XOPS_WATCH_ADOPTION__DATABASE_KIND=postgresql (or sqlite)"
        return hidden(variable, fix) if environment.is_hidden(variable) else SQLITE
    kinds = [_KINDS.get(value) for value in values]
    if None in kinds:
        why = f"ecs:DescribeTaskDefinition: {variable} names neither SQLite nor PostgreSQL"
        return Unknown(reason=GapReason.INVALID, detail=why)
    return min(kind for kind in kinds if kind is not None)


def websockets_of(definition: TaskDefinition) -> int | Unknown:
    """Return what carries messages between replicas; nothing does unless it is set."""
    environment = Environment(definition)
    values = environment.values("WEBSOCKET_MANAGER")
    if not values:
        fix = "set it in the task definition as text"
        unseen = environment.is_hidden("WEBSOCKET_MANAGER")
        return hidden("WEBSOCKET_MANAGER", fix) if unseen else NO_MANAGER
    if set(values) != {"redis"}:
        why = "ecs:DescribeTaskDefinition: WEBSOCKET_MANAGER is set, and not to redis"
        return Unknown(reason=GapReason.INVALID, detail=why)
    if not environment.is_set(*_REDIS_URLS) and not environment.is_hidden(*_REDIS_URLS):
        why = "WEBSOCKET_MANAGER is redis, and no WEBSOCKET_REDIS_URL says where that is: set it"
        return Unknown(reason=GapReason.INVALID, detail=why)
    return REDIS


def version_of(definition: TaskDefinition) -> int | Unknown:
    """Return the version by the tag of the image, `1.4.0` as 1004000."""
    images = [image for image in definition.images if _IMAGE in _repository(image)]
    if not images:
        why = f"no image of it is called {_IMAGE}: {_PIN}"
        return Unknown(reason=GapReason.NOT_ENABLED, detail=why)
    tag = _tag(images[0])
    version = _TAG.fullmatch(tag)
    if version is None:
        named = f"has the tag {tag!r:.50}" if tag else "has no tag"
        why = f"its image {named}, which tells no version: {_PIN}"
        return Unknown(reason=GapReason.NOT_ENABLED, detail=why)
    major, minor, patch = map(int, version.groups())
    return major * 1_000_000 + minor * 1_000 + patch


def _repository(image: str) -> str:
    """Return the last part of the name: a registry may have a port, which is no tag."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _tag(image: str) -> str:
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]
