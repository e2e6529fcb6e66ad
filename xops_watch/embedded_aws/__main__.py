"""`python -m xops_watch.embedded_aws`: one embedded AWS until it is told to end."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime

from xops_watch.clock import ScaledClock, SystemClock
from xops_watch.embedded_aws.server import listening, wait_for_the_end
from xops_watch.embedded_aws.world import World


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the end; print one JSON line with the endpoint on stdout when it listens."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        world = World(clock=_clock(options.clock_speed, options.clock_anchor))
    except ValueError as error:
        parser.error(str(error))
    with listening(world, host=options.host, port=options.port) as endpoint:
        sys.stdout.write(json.dumps({"endpoint": endpoint}) + "\n")
        sys.stdout.flush()
        wait_for_the_end(with_stdin=options.exit_with_stdin)
    return 0


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m xops_watch.embedded_aws", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port; 0 takes a free one")
    parser.add_argument("--clock-speed", type=float, help="seconds of its time per real second")
    parser.add_argument("--clock-anchor", help="ISO 8601 instant at which its time was the real")
    parser.add_argument(
        "--exit-with-stdin", action="store_true", help="end when stdin closes (the parent died)"
    )
    return parser


def _clock(speed: float | None, anchor: str | None) -> SystemClock | ScaledClock:
    """Return the clock to live by; raises ValueError for half of the two options, or bad ones."""
    if speed is None and anchor is None:
        return SystemClock()
    if speed is None or anchor is None:
        msg = "--clock-speed and --clock-anchor go together"
        raise ValueError(msg)
    return ScaledClock(anchor=datetime.fromisoformat(anchor), speed=speed)


if __name__ == "__main__":
    sys.exit(main())
