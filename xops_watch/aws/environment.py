"""Which variables of a task's environment are read, and how much of each is kept.

Environments hold secrets. A variable that is not in the table is never looked at; of one that may
hold a secret only a word is kept that tells nothing of it.
"""

import re
from collections.abc import Callable, Mapping

from xops_watch.aws.routes import UNCLEAR, region_of, route_of_address, route_of_model

SET = "set"
OTHER = "other"
TEXT_MAX = 100
LISTED_MAX = 50  # models or addresses of one variable

_DATABASES = {
    "sqlite": "sqlite",
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
}
_SCHEME = re.compile(r"([a-z]{1,20})(?:\+[a-z0-9_]{1,30})?(?::|$)")
_WORDS = frozenset({"", "0", "1", "chroma", "false", "pgvector", "qdrant", "redis", "true"})
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")
_BETWEEN_MODELS = re.compile(r"[\s,;\[\]{}\"']+")


def _text(value: str) -> str:
    return value[:TEXT_MAX]


def _presence(value: str) -> str:
    return SET if value.strip() else ""


def _word(value: str) -> str:
    small = value.strip().lower()
    return small if small in _WORDS else OTHER


def _number(value: str) -> str:
    return value.strip() if _NUMBER.fullmatch(value.strip()) else OTHER


def _database(value: str) -> str:
    """A URL of a database holds its password: nothing but a known scheme is kept."""
    scheme = _SCHEME.match(value.strip().lower())
    if not value.strip():
        return ""
    return _DATABASES.get(scheme[1], OTHER) if scheme else OTHER


def _models(value: str) -> str:
    names = [name for name in _BETWEEN_MODELS.split(value) if name.strip(":")]
    return _listed([route_of_model(name) for name in names[: LISTED_MAX + 1]])


def _addresses(value: str) -> str:
    given = [address for address in value.split(";") if address.strip()]
    return _listed([route_of_address(address) for address in given[: LISTED_MAX + 1]])


def _listed(routes: list[str]) -> str:
    """What is cut off could lead anywhere."""
    cut = routes if len(routes) <= LISTED_MAX else [*routes[:LISTED_MAX], UNCLEAR]
    return ",".join(dict.fromkeys(cut))


def _region(value: str) -> str:
    return (region_of(value) or OTHER) if value.strip() else ""


def _identity(value: str) -> str:
    """Keycloak keeps each realm under this path."""
    return "keycloak" if "/realms/" in value else _presence(value) and OTHER


_KEPT: Mapping[str, Callable[[str], str]] = {
    "ANTHROPIC_API_KEY": _presence,
    "ANTHROPIC_BASE_URL": _addresses,
    "AWS_DEFAULT_REGION": _region,
    "AWS_REGION": _region,
    "AWS_REGION_NAME": _region,
    "DATABASE_HOST": _presence,
    "DATABASE_NAME": _presence,
    "DATABASE_PORT": _presence,
    "DATABASE_TYPE": _database,
    "DATABASE_URL": _database,
    "DATABASE_USER": _presence,
    "DATABASE_USER_ACTIVE_STATUS_UPDATE_INTERVAL": _number,
    "ENABLE_OPENAI_API": _word,
    "ENABLE_SCIM": _word,
    "LITELLM_FALLBACKS": _models,
    "LITELLM_MODEL": _models,
    "OPENAI_API_BASE_URL": _addresses,
    "OPENAI_API_BASE_URLS": _addresses,
    "OPENAI_API_KEY": _presence,
    "OPENAI_API_KEYS": _presence,
    "OPENID_PROVIDER_URL": _identity,
    "REDIS_URL": _presence,
    "SCIM_ENABLED": _word,
    "UVICORN_WORKERS": _text,
    "VECTOR_DB": _word,
    "WEBSOCKET_MANAGER": _word,
    "WEBSOCKET_REDIS_URL": _presence,
}
ENVIRONMENT_READ = frozenset(_KEPT)


def may_be_read(name: object) -> bool:
    """Tell whether anything of the variable may be kept."""
    return isinstance(name, str) and name in _KEPT


def keep(name: str, value: str) -> str:
    """Return what may be kept of a value; an empty one sets nothing and stays empty."""
    return _KEPT[name](value)


def only_allowed(entries: object) -> object:
    """Drop what may not be read before anything else, an error message say, can see it."""
    if not isinstance(entries, list):
        return entries
    return [_reduced(e) for e in entries if not isinstance(e, dict) or may_be_read(e.get("name"))]


def _reduced(entry: object) -> object:
    """What has no value, such as a secret, names where it comes from: that is dropped as well."""
    if not isinstance(entry, dict):
        return entry
    name, value = entry["name"], entry.get("value", "")
    return {"name": name, "value": keep(name, value) if isinstance(value, str) else None}
