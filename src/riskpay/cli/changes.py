"""`riskpay changes`: what moved in the book since the day before, and why."""

from datetime import date
from typing import Annotated

import typer

from riskpay.cli.options import AsJson, AsOf, day, settings_home
from riskpay.cli.output import progress, put_json, show


def changes(
    ctx: typer.Context,
    as_of: AsOf = None,
    since: Annotated[
        date | None,
        typer.Option(
            parser=day, metavar="DATE", help="Compare with the end of that day.  [default: the last day scored before]"
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Items of each kind that are listed.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show what moved in the book since the day before: money at risk, the items that moved most, and why.

    Without `--as-of` the last two days that were scored are compared. Each change is a sum of what passed (days, a due date), of
    the figures that changed, and of another model where there is one.

    JSON: `as_of, since, runs.{from,to}, counts.{open,new,settled}, money_at_risk.CURRENCY.{from,to,change,parts[].{code,text,amount}}`,
    `moved[], new[], settled[]` with `{p_late,p_unpaid_30}.{from,to,change,parts[].{code,text,points}}`, parts = change; `notes`.
    """
    home = settings_home(ctx)
    from riskpay.workflows.changes import changes as compare

    with progress("reading both days") as tell:
        result = compare(home, as_of, since, top, tell)
    if as_json:
        put_json(result)
        return
    from riskpay.cli.show_changes import book_parts

    show(*book_parts(result))
