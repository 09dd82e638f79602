"""`riskpay worklist`: whom to call, in order."""

from typing import Annotated, Literal

import typer

from riskpay.cli.options import AsJson, AsOf, settings_home
from riskpay.cli.output import put_csv, put_json, show
from riskpay.errors import UsageError

CSV_COLUMNS = (
    "rank",
    "customer_id",
    "name",
    "collectible_amount",
    "currency",
    "call_value",
    "priority",
    "p_late",
    "p_unpaid_30",
    "segment",
    "oldest_days_past_due",
    "next_step",
    "reasons",
)


def worklist(
    ctx: typer.Context,
    as_of: AsOf = None,
    collector: Annotated[str | None, typer.Option(help="Only this collector's list.")] = None,
    top: Annotated[int | None, typer.Option(min=1, help="Only the first N.")] = None,
    layout: Annotated[Literal["table", "csv", "json"], typer.Option("--format", help="How it is written.")] = "table",
    as_json: AsJson = False,
) -> None:
    """Show the published list of a day: whom to call, why, and what comes next.

    JSON: `entries[].{rank, customer_id, name, collectible_amount, currency, call_value, priority, p_late, p_unpaid_30,
    segment, oldest_days_past_due, next_step, reasons}`.
    """
    if as_json and layout == "csv":
        raise UsageError("--json and --format csv ask for two formats", "give one of them")
    home = settings_home(ctx)
    from riskpay.workflows.lists import worklist as published

    result = published(home, as_of, collector, top)
    if as_json or layout == "json":
        put_json(result)
    elif layout == "csv":
        from riskpay.cli.show_lists import step_text

        flat = (
            {**e, "next_step": step_text(e["next_step"]), "reasons": "; ".join(e["reasons"])} for e in result["entries"]
        )
        put_csv(list(flat), CSV_COLUMNS)
    else:
        from riskpay.cli.show_lists import worklist_parts

        show(*worklist_parts(result))
