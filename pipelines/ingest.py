"""Load exports into a home: the first station of the night."""

import argparse
import sys
from datetime import date
from pathlib import Path

from riskpay.errors import RiskpayError
from riskpay.workflows.demo_home import refuse_other_data
from riskpay.workflows.ingest import ingest


def main(arguments: list[str]) -> None:
    """Load every path in order; the first fault ends the run, and what was loaded before stays."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("paths", type=Path, nargs="+", help="files or folders")
    parser.add_argument("--format", default="canonical", help="name or file of a mapping")
    parser.add_argument("--loaded-on", type=date.fromisoformat, required=True)
    asked = parser.parse_args(arguments)
    refuse_other_data(asked.home)
    for path in asked.paths:
        done = ingest(asked.home, path, asked.format, asked.loaded_on)
        sys.stdout.write(
            f"{path}: {done.accepted.rows} of {done.read.rows} rows, {done.load.added} added, "
            f"{done.load.changed} changed, {done.rejected.rows} rejected\n"
        )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except RiskpayError as failed:
        sys.exit(str(failed))
