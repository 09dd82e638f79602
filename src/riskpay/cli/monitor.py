"""`riskpay monitor`: does data come, does it look as it did, do answers come true."""

from pathlib import Path
from typing import Annotated

import typer

from riskpay.cli.exits import ALARM
from riskpay.cli.options import AsJson, AsOf, settings_home, today
from riskpay.cli.output import progress, put_json, say, show


def monitor(
    ctx: typer.Context,
    as_of: AsOf = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page of plots that needs nothing beside it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that data comes, looks as it did in training, and that answers come true; exit code 5 is an alarm.

    Thresholds are in the policy (`monitor`). Without `--as-of` everything is looked at from the ledger's last day, but
    the age of the data is counted to today; with it, all is seen from that day. A status is `ok`, `warn`, `alarm`, or
    `not_enough` where there is too little to judge by. Only an alarm ends with exit code 5.

    JSON: `status, as_of, model_version, basis, checks[].{name, status, value, threshold, said, next}, series`.
    """
    home = settings_home(ctx)
    from riskpay.workflows.monitor import monitor as look

    with progress("looking at the data") as tell:
        result = look(home, as_of, today(ctx), tell).to_json()
    if page is not None:
        from riskpay.cli.files import write_page
        from riskpay.reporting.monitor_page import render

        write_page(page, render(result))
        say(f"the page is {page}")
    if as_json:
        put_json(result)
    else:
        from riskpay.cli.show_monitor import monitor_parts

        show(*monitor_parts(result))
    if result["status"] == "alarm":
        raise typer.Exit(ALARM)
