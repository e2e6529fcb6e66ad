"""Where the prompts of a layer go, by the environment of its tasks."""

from collections.abc import Iterator

from xops_watch.aws import routes
from xops_watch.aws.task_definitions import TaskDefinition
from xops_watch.errors import GapReason
from xops_watch.sources.adoption.words import Environment, Unknown, hidden, worst

DIRECT, IN_REGION, ELSEWHERE = 0, 1, 2
# One prompt that leaves is enough: the worst way counts.
ORDER = (DIRECT, ELSEWHERE, IN_REGION)

_MODELS = ("LITELLM_MODEL", "LITELLM_FALLBACKS")
_ADDRESSES = ("OPENAI_API_BASE_URL", "OPENAI_API_BASE_URLS")
_OPENAI_KEYS = ("OPENAI_API_KEY", "OPENAI_API_KEYS")
_REGIONS = ("AWS_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION")
_OFF = frozenset({"false", "0"})


def path_of(layer: str, definition: TaskDefinition, *, region: str) -> int | Unknown:
    """Return where prompts go; `region` is the own one, in which tasks call if nothing is set."""
    environment = Environment(definition)
    fix = f"declare it, XOPS_WATCH_ADOPTION__AI_PATH_{layer.upper()}=STATE"
    ways = [_state(way, environment, region, fix) for way in _ways(environment, fix)]
    found = worst(ways, ORDER)
    if found is not None:
        return found
    why = f"nothing in its task definition tells where prompts go: set LITELLM_MODEL, or {fix}"
    return Unknown(reason=GapReason.NOT_ENABLED, detail=why)


def _ways(environment: Environment, fix: str) -> Iterator[str | Unknown]:
    """LiteLLM is the only way of who has it; without it every configured API is one."""
    models = environment.values("LITELLM_MODEL")
    if models or environment.is_hidden("LITELLM_MODEL"):
        for name in _MODELS:
            values = environment.values(name)
            yield from _parts(values)
            if not values and environment.is_hidden(name):
                yield hidden(name, fix)
        return
    yield from _openai(environment, fix)
    if environment.is_set("ANTHROPIC_API_KEY"):
        addresses = _parts(environment.values("ANTHROPIC_BASE_URL"))
        yield from addresses or [routes.OUTSIDE]


def _openai(environment: Environment, fix: str) -> Iterator[str | Unknown]:
    """Open WebUI calls OpenAI itself when it has a key and no other address."""
    if _OFF.intersection(environment.values("ENABLE_OPENAI_API")):
        return
    addresses = _parts(environment.values(*_ADDRESSES))
    yield from addresses
    if not addresses and environment.is_hidden(*_ADDRESSES):
        yield hidden(_ADDRESSES[0], fix)
    elif not addresses and environment.is_set(*_OPENAI_KEYS):
        yield routes.OUTSIDE


def _parts(values: tuple[str, ...]) -> list[str]:
    return [route for value in values for route in value.split(",") if route]


def _state(way: str | Unknown, environment: Environment, region: str, fix: str) -> int | Unknown:
    if isinstance(way, Unknown):
        return way
    match way.split():
        case [routes.BEDROCK, named]:
            return IN_REGION if named == region else ELSEWHERE
        case [routes.BEDROCK]:
            called = environment.values(*_REGIONS) or (region,)
            return IN_REGION if set(called) == {region} else ELSEWHERE
        case [routes.CROSS_REGION]:
            return ELSEWHERE
        case [routes.OUTSIDE]:
            return DIRECT
        case [routes.INSIDE]:
            why = f"prompts go to a host of the own network, whose way on is not seen: {fix}"
        case [routes.PROFILE]:
            why = f"prompts go to an inference profile by ARN, which names no region: {fix}"
        case _:
            why = f"the name of a model or of an address tells not where prompts go: {fix}"
    return Unknown(reason=GapReason.NOT_ENABLED, detail=why)
