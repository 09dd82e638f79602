"""Do the day: score what is open, plan steps, publish the worklists. The last station of the night."""

import argparse
import sys
from datetime import date
from pathlib import Path

from riskpay.errors import RiskpayError
from riskpay.workflows.daily import daily


def main(arguments: list[str]) -> None:
    """Do one day; the same day again over the same facts publishes nothing new."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--as-of", type=date.fromisoformat, help="default: the ledger's last day")
    parser.add_argument("--without-model", action="store_true", help="rank by the policy's points")
    asked = parser.parse_args(arguments)
    done = daily(asked.home, asked.as_of, without_model=asked.without_model)
    lists = ", ".join(f"{one['collector']} {one['entries']}" for one in done.worklists)
    sys.stdout.write(f"{done.as_of}: {done.open_items} open items, {done.steps} steps; lists: {lists or 'none'}\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except RiskpayError as failed:
        sys.exit(str(failed))
