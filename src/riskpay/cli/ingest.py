"""`riskpay ingest`: a file or a folder into the ledger."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from riskpay.cli.options import AsJson, day, settings_home, today
from riskpay.cli.output import progress, put_json, say, show
from riskpay.errors import UsageError


def ingest(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A CSV or Parquet file, or a folder of them.")],
    source: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="A known format: canonical, highradius, ibm-ar.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(metavar="FILE", help="A mapping file of your own format.")] = None,
    loaded_on: Annotated[
        date | None, typer.Option(parser=day, metavar="DATE", help="Day of the load.  [default: today]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Load an export; say what was accepted, rejected and repeated, in rows and in money. The home of a
    demo takes no other data.

    JSON: `read, accepted, rejected, duplicates`, each `{rows, amount}` by currency, and `rejects_file`.
    """
    if (source is None) == (mapping is None):
        raise UsageError("give one of --format NAME and --mapping FILE", "for example: --format highradius")
    home = settings_home(ctx)
    from riskpay.workflows.demo_home import refuse_other_data
    from riskpay.workflows.ingest import ingest as load
    from riskpay.workflows.posting_lag import lag_warning

    refuse_other_data(home)
    layout = source or str(mapping)
    # Asked before anything is written: a policy that cannot be read must not look like a load that failed.
    warning = lag_warning(home, layout)
    with progress(f"reading {path}") as tell:
        result = load(home, path, layout, loaded_on or today(ctx), tell).to_json()
    if warning:
        say(warning)
    if as_json:
        put_json(result)
        return
    from riskpay.cli.show_figures import intake_parts

    show(*intake_parts(result))
