"""What becomes of the points of one instant, None where there is none."""

Value = float | None
MEGABYTE = 1e6


def same(value: Value) -> Value:
    """Return the value as it is."""
    return value


def hundredth(value: Value) -> Value:
    """Return a percentage as a ratio."""
    return None if value is None else value / 100


def thousandth(value: Value) -> Value:
    """Return milliseconds as seconds."""
    return None if value is None else value / 1000


def last(*values: Value) -> Value:
    """Return the value of the last input."""
    return values[-1]


def last_thousandth(*values: Value) -> Value:
    """Return the last input, in milliseconds, as seconds."""
    return thousandth(values[-1])


def minutes(value: Value) -> Value:
    """Return a number of minutes as seconds."""
    return None if value is None else value * 60


def total(*values: Value) -> Value:
    """Return all inputs together; without one of them the whole is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def total_after_first(_parent: Value, *values: Value) -> Value:
    """Return all inputs but the first, which only proves that nothing is 0, together."""
    return total(*values)


def no_requests(_healthy: Value, requests: Value, *_: Value) -> bool:
    """Tell whether it is known that there were no requests."""
    return requests == 0


def in_flight(_healthy: Value, requests: Value, seconds: Value) -> Value:
    """Little's law: how many are there at once is how many come in a second times how long."""
    if requests == 0:
        return 0.0
    return None if requests is None or seconds is None else requests / 60 * seconds


def error_share(_healthy: Value, requests: Value, by_target: Value, by_balancer: Value) -> Value:
    """What the balancer answers itself may not count as a request: the share stays below 1."""
    errors = (by_target or 0.0) + (by_balancer or 0.0)
    answers = max(requests or 0.0, errors)
    return errors / answers if answers else None


def share(requests: Value, errors: Value) -> Value:
    """Return the share of requests that were errors."""
    return min(1.0, (errors or 0.0) / requests) if requests else None


def scanned(processed: Value, scanned: Value, megabytes: Value) -> Value:
    """Older documentation names another metric, in megabytes: the unit is asked, not guessed."""
    if processed is not None or (scanned is None and megabytes is None):
        return processed
    return (scanned or 0.0) + (megabytes or 0.0) * MEGABYTE
