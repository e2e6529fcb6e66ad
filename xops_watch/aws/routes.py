"""Where prompts go, told from the name of a model or the address of an API.

Only one of a few words is kept: addresses hold user names, passwords and keys.
"""

import ipaddress
import re
from urllib.parse import urlsplit

OUTSIDE = "outside"  # a provider on the internet
INSIDE = "inside"  # a host of the own network, whose own way on is not known
CROSS_REGION = "cross_region"  # Bedrock, in whichever of several regions has room
PROFILE = "profile"  # an inference profile by ARN: its regions are not in its name
UNCLEAR = "unclear"
BEDROCK = "bedrock"  # in the region of the caller; `bedrock REGION` is in that one

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]{2,10}){1,2}-\d{1,2}")
_RUNTIME = re.compile(
    rf"(?:[a-z0-9.-]+\.)?bedrock-(?:runtime|mantle)(?:-fips)?\.({_REGION.pattern})\.[a-z0-9.-]+"
)
_VENDORS = frozenset(
    {
        "ai21",
        "amazon",
        "anthropic",
        "cohere",
        "deepseek",
        "luma",
        "meta",
        "mistral",
        "openai",
        "qwen",
        "stability",
        "writer",
    }
)
_AREAS = frozenset({"apac", "au", "ca", "eu", "global", "jp", "us", "us-gov"})
_OWN_HOSTS = frozenset({"hosted_vllm", "litellm_proxy", "ollama", "ollama_chat"})
_KINDS_OF_CALL = frozenset({"converse", "converse_like", "invoke"})
_OWN_NAMES = (".internal", ".local", ".localhost", ".svc")


def route_of_model(name: str) -> str:
    """Return where LiteLLM sends what is asked of the model of this name."""
    head, _, rest = name.strip().partition("/")
    if head == "bedrock":
        return _of_bedrock(rest)
    if not rest and _vendor(head):
        return _of_bedrock(head)
    if not head:
        return UNCLEAR
    return INSIDE if head in _OWN_HOSTS else OUTSIDE


def _of_bedrock(rest: str) -> str:
    region = ""
    parts = rest.split("/")
    while parts and (parts[0] in _KINDS_OF_CALL or _REGION.fullmatch(parts[0])):
        part = parts.pop(0)
        region = part if part not in _KINDS_OF_CALL else region
    model = parts[0] if parts else ""
    if model.startswith("arn:"):
        return PROFILE
    if _area(model):
        return CROSS_REGION
    if not _vendor(model):
        return UNCLEAR
    return f"{BEDROCK} {region}" if region else BEDROCK


def _area(model: str) -> bool:
    return model.partition(".")[0] in _AREAS


def _vendor(model: str) -> bool:
    head, dot, rest = model.partition(".")
    if head in _AREAS:
        head, dot, _ = rest.partition(".")
    return bool(dot) and head in _VENDORS


def route_of_address(address: str) -> str:
    """Return where a URL of an API leads."""
    try:
        host = (urlsplit(address.strip()).hostname or "").rstrip(".").lower()
    except ValueError:
        return UNCLEAR
    if not host:
        return UNCLEAR
    if runtime := _RUNTIME.fullmatch(host):
        return f"{BEDROCK} {runtime[1]}"
    return INSIDE if _is_own(host) else OUTSIDE


def region_of(text: str) -> str | None:
    """Return the region if the text is the name of one."""
    return text.strip() if _REGION.fullmatch(text.strip()) else None


def _is_own(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_OWN_NAMES)
