"""`make bench`: what the daemon costs at BC1 scale, measured from outside the process.

Prints a table; asserts nothing. Numbers depend on the machine, which is named above the table.
"""

import argparse
import platform

import psutil
from tabulate import tabulate

from tests.bench.cloudwatch import measure_cloudwatch
from tests.bench.ecs import measure_ecs
from tests.bench.footprint import measure_footprint
from tests.bench.github import measure_github
from tests.bench.scale import measure_scale
from tests.bench.sqlite_wal import measure_sqlite_wal
from tests.bench.ticks import measure_ticks


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the daemon idles")
    seconds = parser.parse_args().seconds
    cores = psutil.cpu_count()
    print(f"{platform.machine()}, {cores} cores, Python {platform.python_version()}")  # noqa: T201 - a report
    rows = [
        *measure_footprint(seconds=seconds),
        *measure_cloudwatch(),
        *measure_ecs(),
        *measure_github(),
        *measure_ticks(),
        *measure_scale(),
        *measure_sqlite_wal(),
    ]
    table = [(row.what, row.measured, row.aim) for row in rows]
    print(tabulate(table, headers=("what", "measured", "aim"), tablefmt="github"))  # noqa: T201 - a report


main()
