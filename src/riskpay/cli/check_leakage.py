"""`riskpay check-leakage`: proof that no feature looks ahead."""

from typing import Annotated

import typer

from riskpay.cli.exits import BAD_DATA
from riskpay.cli.options import AsJson, settings_home
from riskpay.cli.output import progress, put_json, show


def check_leakage(
    ctx: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(metavar="[MODULE:FUNCTION]", help="A feature function of your own.  [default: riskpay's]"),
    ] = None,
    pairs: Annotated[int, typer.Option(min=1, help="How many pairs of item and day to check.")] = 5000,
    as_json: AsJson = False,
) -> None:
    """Delete the future and scramble undated facts; name every feature that moves (exit code 3).

    JSON: `pairs_checked, violations`.
    """
    home = settings_home(ctx)
    from riskpay.workflows.leakage import check_leakage as check

    with progress("asking every feature twice"):
        result = check(home, target, pairs).to_json()
    if as_json:
        put_json(result)
    else:
        from riskpay.cli.show_figures import leakage_parts

        show(*leakage_parts(result))
    if result["violations"] or result["unstable"]:
        raise typer.Exit(BAD_DATA)
