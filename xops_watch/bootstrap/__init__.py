"""From settings to running parts. The only package that names every adapter.

Importing it is slow (boto3): who must answer early opens its port before.
"""

from xops_watch.bootstrap.examined import Examined, examined
from xops_watch.bootstrap.forecast import Forecast, forecast
from xops_watch.bootstrap.home import at_home
from xops_watch.bootstrap.parts import Parts, assemble, open_memory, open_store
from xops_watch.bootstrap.permissions import IAM_ACTIONS, actions_needed
from xops_watch.bootstrap.sources import OBSERVED_SIGNALS, WIRINGS, settings_wanted

__all__ = [
    "IAM_ACTIONS",
    "OBSERVED_SIGNALS",
    "WIRINGS",
    "Examined",
    "Forecast",
    "Parts",
    "actions_needed",
    "assemble",
    "at_home",
    "examined",
    "forecast",
    "open_memory",
    "open_store",
    "settings_wanted",
]
