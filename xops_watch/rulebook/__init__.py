"""Rule files, read and checked: one folder is one rulebook."""

from xops_watch.rulebook.load import check, load

__all__ = ["check", "load"]
