"""PromQL over the families that the daemon exports; a name can only come from the catalogue."""

from collections.abc import Mapping

from xops_watch.exporter.catalogue import Family


def series(family: Family, condition: str = "", **labels: str) -> str:
    """Return the selector of a family, held to the dashboard's job and instance.

    A label's value is matched as a regular expression when it holds a `|`.
    """
    matchers = ['job=~"$job"', 'instance=~"$instance"']
    for label, value in labels.items():
        if label not in family.labels:
            msg = f"{family.name} has no label {label}"
            raise ValueError(msg)
        matchers.append(f'{label}{"=~" if "|" in value else "="}"{value}"')
    return f"{family.name}{{{', '.join(matchers)}}}{condition}"


def one(function: str, family: Family, condition: str = "", **labels: str) -> str:
    """Aggregate the daemons of a stack into one: `function` keeps every other label.

    Several daemons may watch one stack and say the same; a person wants to read it once.
    """
    return f"{function} by ({', '.join(family.labels)}) ({series(family, condition, **labels)})"


def rate(family: Family, *keep: str, per: str = "rate") -> str:
    """Return the rate (or `increase`) of a counter over the daemons, by the labels to keep."""
    return f"sum by ({', '.join(keep)}) ({per}({series(family)}[$__rate_interval]))"


def code_of_state(family: Family, codes: Mapping[str, int], *, extra: str = "") -> str:
    """Turn a state set into one number: the code of the state that is 1.

    `extra` is another term of the same sum, with its own labels.
    """
    keep = ", ".join(label for label in family.labels if label != "state")
    terms = [f"{code} * {one('max', family, state=state)}" for state, code in codes.items() if code]
    return f"sum by ({keep}) ({' or '.join([*terms, *([extra] if extra else [])])})"
