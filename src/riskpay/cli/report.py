"""`riskpay report`: aging and DSO."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskpay.cli.options import AsJson, AsOf, settings_home
from riskpay.cli.output import put_json, say, show
from riskpay.cli.policy import policy_text
from riskpay.errors import NotThereError

if TYPE_CHECKING:
    from riskpay.features.effective import Rolls
    from riskpay.ledger.ledger import Ledger

app = typer.Typer(help="Reports on the ledger as of a day.")


@app.command()
def aging(ctx: typer.Context, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """Show open amounts by how long they are past due, by company, currency and customer.

    JSON: `as_of, groups[].{company_id, currency, items, open_amount, overdue_amount, unapplied_amount, overdue_share,
    buckets}, customers[]`.
    """
    ledger, day = _ledger(settings_home(ctx), as_of)
    from riskpay.reporting.aging import aging_report

    tolerance, rolls = _rules(settings_home(ctx), ledger)
    result = aging_report(ledger, day, tolerance, rolls).to_json()
    if as_json:
        put_json(result)
        return
    from riskpay.cli.show_figures import aging_parts

    show(*aging_parts(result))


@app.command()
def dso(
    ctx: typer.Context,
    as_of: AsOf = None,
    days: Annotated[int, typer.Option(min=1, help="Length of the period that ends with the day.")] = 90,
    as_json: AsJson = False,
) -> None:
    """Show days sales outstanding, its best possible value, and the terms beside them.

    JSON: `as_of, days, groups[].{company_id, currency, receivables, not_due, sales, dso, best_possible_dso,
    average_days_delinquent, countback_dso, weighted_terms, weighted_days_to_pay, avg_days_late}`.
    """
    ledger, day = _ledger(settings_home(ctx), as_of)
    from riskpay.reporting.dso import dso_report

    tolerance, rolls = _rules(settings_home(ctx), ledger)
    result = dso_report(ledger, day, days, tolerance, rolls).to_json()
    if as_json:
        put_json(result)
        return
    from riskpay.cli.show_figures import dso_parts

    show(*dso_parts(result))


def _ledger(home: Path, as_of: date | None) -> "tuple[Ledger, date]":
    """The home's ledger and the day asked for: the ledger's last day unless one is given."""
    from riskpay.store.ledger_files import LedgerFiles

    ledger = LedgerFiles(home).current()
    last = ledger.last_known_on()
    first = ledger.invoices["known_on"].min()
    if last is None or not isinstance(first, date):
        raise NotThereError("the ledger holds no invoice yet", "load one: riskpay ingest PATH --format NAME")
    if as_of is not None and as_of < first:
        raise NotThereError(
            f"--as-of {as_of} lies before the first invoice", f"the ledger begins on {first}, ends on {last}"
        )
    if as_of is not None and as_of > last:
        say(f"the newest fact of the ledger is of {last}: what was paid since is not in it")
    return ledger, as_of or last


def _rules(home: Path, ledger: "Ledger") -> "tuple[int, Rolls]":
    """What the home's policy says of settlement and of due dates on days off, in each legal entity's country."""
    from riskpay.decisions.cadence import rolls_of
    from riskpay.decisions.policy_file import load_policy

    policy = load_policy(policy_text(home, None)[1])
    countries = dict(ledger.companies.select("company_id", "country").iter_rows())
    return policy.settlement_tolerance, rolls_of(policy, countries)
