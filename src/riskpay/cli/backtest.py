"""`riskpay backtest`: a model frozen at a cutoff, asked about the items issued after it."""

from datetime import date
from typing import Annotated

import typer

from riskpay.cli.options import AsJson, day, settings_home
from riskpay.cli.output import progress, put_json, show
from riskpay.errors import UsageError


def backtest(
    ctx: typer.Context,
    cutoff: Annotated[date, typer.Option(parser=day, metavar="DATE", help="The model knows nothing from this day on.")],
    until: Annotated[
        date | None, typer.Option(parser=day, metavar="DATE", help="Last issue day asked about, included.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the model and three naive rules on items issued from the cutoff on.

    JSON: `targets.{late,late_30}.{model,naive_ratio,naive_mean,naive_constant}.{n,base_rate,roc_auc,pr_auc,brier,ece}`.
    """
    if until is not None and until < cutoff:
        raise UsageError(f"--until {until} lies before --cutoff {cutoff}", "swap them, or leave --until away")
    home = settings_home(ctx)
    from riskpay.workflows.backtest import backtest as measure

    with progress("training on what was known at the cutoff") as tell:
        result = measure(home, cutoff, until, tell).to_json()
    if as_json:
        put_json(result)
        return
    from riskpay.cli.show_figures import backtest_parts

    show(*backtest_parts(result))
