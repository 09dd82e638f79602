"""`riskpay demo`: the whole day on a synthetic ledger."""

import typer

from riskpay.cli.options import AsJson, settings_home
from riskpay.cli.output import progress, put_json, show

STEPS_SHOWN = 8


def demo(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Play the whole day on a synthetic ledger: train, score, rank, and show whom to call.

    JSON: `as_of, worklist, backtest`.
    """
    home = settings_home(ctx)
    from riskpay.workflows.demo import demo as play

    with progress("making a synthetic ledger") as tell:
        result = play(home, tell)
    if as_json:
        put_json(result)
        return
    from riskpay.cli.show_lists import cadence_parts, worklist_parts

    show(*worklist_parts(result["worklist"]))
    if "cadence" in result:
        show("", *cadence_parts(result["cadence"], STEPS_SHOWN))
    show("", *next_steps(result, str(ctx.obj.home) if ctx.obj.home else ""))


def next_steps(result: dict[str, object], home: str) -> list[str]:
    """What a person can run after the demo."""
    program = f"riskpay --home {home}" if home else "riskpay"
    page = [f"The same as a page: {result['page']}"] if "page" in result else []
    entries = result["worklist"]["entries"] if isinstance(result["worklist"], dict) else []
    customer = entries[0]["customer_id"] if entries else "CUSTOMER"
    return [
        *page,
        "Next:",
        f"  .venv/bin/{program} cadence {customer}",
        f"  .venv/bin/{program} report aging",
        f"  .venv/bin/{program} serve",
    ]
