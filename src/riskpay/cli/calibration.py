"""`riskpay calibration`: the certificate of a model."""

from typing import Annotated

import typer

from riskpay.cli.options import AsJson, settings_home
from riskpay.cli.output import put_json, show


def calibration(
    ctx: typer.Context,
    model: Annotated[
        str | None, typer.Option("--model", metavar="VERSION", help="Number of the version.  [default: the champion]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the certificate of a model: whether its chances and pay dates were what they said.

    Measured on the weeks held back from training, by a model grown alike that knew nothing of them: the chance of being
    late, the curve 7, 30, 60 and 90 days on, and the intervals for the pay date; in all and by segment, size,
    country, the customer's record and the moment of asking. A line holds if told and seen differ by no
    more than 2 points, or three standard errors (customers counted whole); under 50 questions or 10 customers nothing is said.

    JSON: `model_version, train_as_of, first, last, until, holds, basis,
    lines[].{chance, by, slice, questions, customers, told, seen, standard_error, ece, holds}`.
    """
    from riskpay.workflows.certificate import certificate

    found = certificate(settings_home(ctx), model)
    if as_json:
        put_json(found)
        return
    from riskpay.cli.show_certificate import certificate_parts

    show(*certificate_parts(found))
