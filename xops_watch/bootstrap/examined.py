"""What `doctor` tries out: the same sources that the daemon asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xops_watch.bootstrap.clients import make_clients
from xops_watch.bootstrap.parts import open_memory
from xops_watch.bootstrap.permissions import actions_needed
from xops_watch.bootstrap.sources import build_sources
from xops_watch.bootstrap.wiring import Needs
from xops_watch.core.rule import Rulebook
from xops_watch.ports import Source, Surroundings
from xops_watch.settings import Settings
from xops_watch.sources.cloudwatch import NOTHING_READ, Bill

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sts import STSClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What `doctor` tries out: what the daemon has. `bills` grows while the sources are read.

    `sts` is None, and `region` empty, when nothing of AWS is watched and no topic is named.
    """

    region: str
    sources: Sequence[Source]
    bills: Sequence[Bill]
    sts: "STSClient | None"
    sns: "SNSClient | None"


def examined(settings: Settings, rulebook: Rulebook, around: Surroundings) -> Examined:
    """Put together what is tried out; raises ConfigurationError when clients cannot be built."""
    clients = make_clients(settings, around.telemetry)
    arn, bills = settings.sns.topic_arn, [NOTHING_READ]
    sts = clients.make("sts") if actions_needed(settings) else None
    needs = Needs(
        settings=settings,
        clients=clients,
        rules=lambda: rulebook,
        seen=(),
        tell=bills.append,
        memory=open_memory(),
        telemetry=around.telemetry,
        log=around.log,
    )
    return Examined(
        region=sts.meta.region_name if sts else "",
        sources=build_sources(needs),
        bills=bills,
        sts=sts,
        sns=clients.make("sns", region=arn.split(":")[3]) if arn else None,
    )
