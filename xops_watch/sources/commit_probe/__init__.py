"""How long a small commit takes where the databases lie: opt-in, on a file of its own."""

from xops_watch.sources.commit_probe.source import CommitProbeSource

__all__ = ["CommitProbeSource"]
