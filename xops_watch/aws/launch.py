"""Where ECS runs the tasks of a service: launch type, platform version, share of Spot."""

from dataclasses import dataclass

from xops_watch.aws.answers import ServiceAnswer

FARGATE = "fargate"
EC2 = "ec2"
EXTERNAL = "external"
_SPOT = "FARGATE_SPOT"
_FARGATE_PROVIDERS = frozenset({"FARGATE", _SPOT})
_NEWEST = "LATEST"
_KINDS = {
    "FARGATE": FARGATE,
    "EC2": EC2,
    "MANAGED_INSTANCES": EC2,  # EC2 instances too, which ECS looks after
    "EXTERNAL": EXTERNAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How the tasks are placed; `kind` is the word of ECS itself if it is one we do not know.

    `platform` is the version of Fargate as ECS writes it, None when ECS does not tell it.
    `spot_share` is None when no weights say what share of new tasks runs on Fargate Spot.
    """

    kind: str
    platform: str | None = None
    spot_share: float | None = None


def read_launch(answer: ServiceAnswer) -> Launch:
    """Return how the service is placed: it has a launch type or a capacity provider strategy."""
    if answer.strategy:
        providers = {item.provider for item in answer.strategy}
        # Every other provider stands for EC2 instances: an Auto Scaling group, or ECS's own.
        kind = FARGATE if providers <= _FARGATE_PROVIDERS else EC2
    else:
        word = answer.launch_type or ""
        kind = _KINDS.get(word, word)
    if kind != FARGATE:
        return Launch(kind=kind)
    return Launch(kind=kind, platform=_platform(answer), spot_share=_spot_share(answer))


def _platform(answer: ServiceAnswer) -> str | None:
    """LATEST is a wish; the deployment says which version it came to."""
    if answer.platform_version not in (None, _NEWEST):
        return answer.platform_version
    versions = [item.platform_version for item in answer.deployments if item.status == "PRIMARY"]
    return next((version for version in versions if version not in (None, _NEWEST)), None)


def _spot_share(answer: ServiceAnswer) -> float | None:
    if not answer.strategy:
        return 0.0  # launch type FARGATE is on-demand
    total = sum(item.weight for item in answer.strategy)
    spot = sum(item.weight for item in answer.strategy if item.provider == _SPOT)
    return spot / total if total else None
