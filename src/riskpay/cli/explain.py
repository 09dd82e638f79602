"""`riskpay explain`: why an invoice is thought to be paid when it is."""

from datetime import date
from typing import Annotated

import typer

from riskpay.cli.options import AsJson, AsOf, day, settings_home
from riskpay.cli.output import progress, put_json, show


def explain(
    ctx: typer.Context,
    invoice: Annotated[str, typer.Argument(metavar="INVOICE", help="Invoice number.")],
    as_of: AsOf = None,
    since: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DATE", help="Say too what changed since the end of that day."),
    ] = None,
    horizon: Annotated[
        int, typer.Option(metavar="DAYS", min=1, help="Say why it is thought to be unpaid that many days from the day.")
    ] = 30,
    as_json: AsJson = False,
) -> None:
    """Show an invoice's payment curve, the reasons, and the history used.

    JSON: `late_risk, reasons, features`; `lateness` and `curve_reasons` are p_late and P(unpaid in 30 days) as sums:
    `figure, base, parts[].{code,text,points}, chance`, in points of probability, base + parts = chance. An item past its due date has
    no `lateness`: it is late. With `--since`, `changes` has both figures `{from,to,change,parts}`, parts = change.
    """
    home = settings_home(ctx)
    from riskpay.workflows.explain import explain as answer

    with progress("reading the customer's history"):
        result = answer(home, invoice, as_of, since, horizon)
    if as_json:
        put_json(result)
        return
    from riskpay.cli.show_explanation import explain_parts

    show(*explain_parts(result))
