"""`riskpay cadence`: what was sent to a customer, what comes, what is held back."""

from typing import Annotated

import typer

from riskpay.cli.options import AsJson, settings_home
from riskpay.cli.output import put_json, show


def cadence(
    ctx: typer.Context,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Customer id, zeros included.")],
    company: Annotated[
        str | None, typer.Option(metavar="ID", help="The legal entity whose customer is meant, where several have one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a customer's steps: sent, planned and suppressed, each with its rule.

    JSON: `segment, steps[].{due_on, channel, tone, owner, state, rule}`.
    """
    home = settings_home(ctx)
    from riskpay.workflows.lists import cadence as steps

    result = steps(home, customer, company_id=company)
    if as_json:
        put_json(result)
        return
    from riskpay.cli.show_lists import cadence_parts

    show(*cadence_parts(result))
