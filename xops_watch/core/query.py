"""A signal that is any number a Prometheus server can be asked for."""

from dataclasses import dataclass

from xops_watch.core.signal import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One PromQL instant query, the signal that it gives, and the label that names its subjects.

    Without a label the query has to give one number, whose subject is the stack. `own` tells a
    signal that the rule file defines from one of the catalogue. `because` is why this deployment
    asks otherwise than the rule file says.
    """

    signal: Signal
    promql: str
    subject_label: str | None
    own: bool
    because: str = ""
