"""`riskpay explain`: why an invoice is thought to be paid when it is."""

from typing import Annotated

import typer

from riskpay.cli.options import AsJson, AsOf, settings_home
from riskpay.cli.output import progress, put_json, show


def explain(
    ctx: typer.Context,
    invoice: Annotated[str, typer.Argument(metavar="INVOICE", help="Invoice number.")],
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Show an invoice's payment curve, the reasons, and the history used.

    JSON: `late_risk, reasons, features`.
    """
    home = settings_home(ctx)
    from riskpay.workflows.explain import explain as answer

    with progress("reading the customer's history"):
        result = answer(home, invoice, as_of)
    if as_json:
        put_json(result)
        return
    from riskpay.cli.show_figures import explain_parts

    show(*explain_parts(result))
