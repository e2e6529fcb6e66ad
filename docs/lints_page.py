"""The reference page of what `rules check` finds, from the lints themselves."""

from collections.abc import Iterator

from docs.markdown import table
from xops_watch.rulelint.catalogue import LINTS


def lints() -> Iterator[str]:
    """Yield the page; every lint is on it."""
    yield "# Rule lints\n"
    yield ("`xops-watch rules check` reads rule files and says, on one line each, what is wrong:\n")
    yield "```text\nmine.yaml:10:8: error: `for`: 30s is shorter than 1m, ... [short-hold]\n```\n"
    yield (
        "What cannot be read comes first, with the code `rule-file`: unknown keys, signals and\n"
        "references, units that are not the signal's, a risk that is not that of the class,\n"
        "aliases that stand for themselves, a step that leaves SQLite or ECS under a smaller\n"
        "class ([rule files](rule-files.md)). The lints below look at files that can be read.\n"
    )
    yield (
        "The exit code is 1 when there is an error; warnings count with `--strict`.\n"
        "`--format github` prints annotations for a workflow, `--format json` is for programs.\n"
    )
    yield "## Accepting a finding\n"
    yield (
        "A comment at the line of the finding or of its entry, or above one of the two. The\n"
        "reason is required; a comment that accepts nothing is itself a finding (`lint-ignore`).\n"
    )
    yield (
        "```yaml\n# lint: ignore no-clear the queue is empty or it is not: nothing is near\n"
        "- id: crew-queue-depth\n```\n"
    )
    yield "## The lints\n"
    yield from table(
        ("code", "severity", "finds"),
        [(f"[`{lint.code}`](#{lint.code})", lint.level, lint.finds) for lint in LINTS],
    )
    for lint in LINTS:
        yield f"\n### `{lint.code}`\n"
        yield f"{_sentence(lint.finds)} ({lint.level}). {lint.why}"


def _sentence(text: str) -> str:
    """Return a text with its first letter large, unless it begins with code."""
    return text[0].upper() + text[1:]
