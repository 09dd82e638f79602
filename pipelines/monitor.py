"""Look whether data comes, looks as it did, and answers come true. After the night's other stations."""

import argparse
import sys
from datetime import date
from pathlib import Path

from riskpay.errors import RiskpayError
from riskpay.reporting.monitor_page import render
from riskpay.workflows.monitor import monitor

ALARM = 5


def main(arguments: list[str]) -> int:
    """Check one day; a line a check that is not in order, and exit code 5 for an alarm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--as-of", type=date.fromisoformat, help="default: the ledger's last day")
    parser.add_argument("--page", type=Path, help="file of the page of plots")
    asked = parser.parse_args(arguments)
    done = monitor(asked.home, asked.as_of).to_json()
    if asked.page:
        asked.page.write_text(render(done), encoding="utf-8")
    sys.stdout.write(f"{done['as_of']}: {done['status']}, {len(done['checks'])} checks\n")
    for check in done["checks"]:
        if check["status"] in ("warn", "alarm"):
            sys.stdout.write(f"{check['status']} {check['name']}: {check['said']}\n")
    return ALARM if done["status"] == "alarm" else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except RiskpayError as failed:
        sys.exit(str(failed))
