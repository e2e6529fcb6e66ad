"""Which calls to AWS are made: what the task role has to allow."""

from xops_watch.aws.topic import TOPIC_ACTIONS
from xops_watch.bootstrap.sources import WIRINGS
from xops_watch.notify.sns import SnsNotifier
from xops_watch.settings import Settings

_OF_ECS = ("ecs:", "application-autoscaling:")
_OF_NOTICES = (*SnsNotifier.iam_actions, *TOPIC_ACTIONS)

# The IAM action of every call to AWS that is made, by whatever settings.
IAM_ACTIONS = frozenset(
    (*(action for wiring in WIRINGS for action in wiring.iam_actions), *_OF_NOTICES)
)


def actions_needed(settings: Settings) -> frozenset[str]:
    """Return the IAM action of every call to AWS that is made by these settings."""
    enabled = (wiring for wiring in WIRINGS if wiring.enabled(settings))
    needed = {action for wiring in enabled for action in wiring.iam_actions}
    if not settings.ecs.clusters:
        # Sources that also read what is declared share the inventory, which is none then.
        needed = {action for action in needed if not action.startswith(_OF_ECS)}
    return frozenset(needed | set(_OF_NOTICES if settings.sns.topic_arn else ()))
