"""Scripts that test rules: what the sources say over time, and what is expected to come of it."""

from xops_watch.rulescript.compare import Failure, failures
from xops_watch.rulescript.folder import Suite, read_suite

__all__ = ["Failure", "Suite", "failures", "read_suite"]
