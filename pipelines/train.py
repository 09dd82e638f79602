"""Train, test and promote a model: once a week is enough."""

import argparse
import sys
from datetime import date
from pathlib import Path

from riskpay.errors import RiskpayError
from riskpay.workflows.train import train


def main(arguments: list[str]) -> None:
    """Train on what was known before a day; a model that fails the gate is registered and not promoted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--as-of", type=date.fromisoformat, help="default: the ledger's last day")
    asked = parser.parse_args(arguments)
    done = train(asked.home, asked.as_of)
    stands_in = f" (prior model {done.stand_in} stands in)" if done.stand_in else ""
    became = "promoted" if done.verdict.promoted else f"not promoted{stands_in}"
    sys.stdout.write(f"model {done.model_version} {became}: {'; '.join(done.verdict.why)}\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except RiskpayError as failed:
        sys.exit(str(failed))
