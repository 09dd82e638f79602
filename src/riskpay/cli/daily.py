"""`riskpay daily`: score, segment, plan steps, publish worklists."""

from typing import Annotated

import typer

from riskpay.cli.options import AsJson, AsOf, settings_home
from riskpay.cli.output import progress, put_json, say, show


def daily(
    ctx: typer.Context,
    as_of: AsOf = None,
    without_model: Annotated[bool, typer.Option("--without-model", help="Rank by the policy's points.")] = False,
    as_json: AsJson = False,
) -> None:
    """Do the day: score the open items, plan what is sent, publish whom to call.

    JSON: `as_of, open_items, customers, worklists, steps, suppressed, seconds`.
    """
    home = settings_home(ctx)
    from riskpay.workflows.daily import daily as do

    with progress("scoring open items") as tell:
        result = do(home, as_of, tell, without_model=without_model).to_json()
    if result["rates_missing"]:
        say(f"{result['rates_missing']} items have no exchange rate and are ranked one for one; load fx_rates")
    if as_json:
        put_json(result)
        return
    from riskpay.cli.show_figures import facts_parts

    show(*facts_parts("The day", result), "Next: riskpay worklist")
