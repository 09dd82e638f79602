"""`riskpay synth`: a ledger whose truth is known."""

from pathlib import Path
from typing import Annotated

import typer

from riskpay.cli.options import AsJson
from riskpay.cli.output import progress, put_json, show


def synth(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write the ledger and its truth into.")],
    customers: Annotated[int, typer.Option(min=1, help="Number of customers.")] = 200,
    months: Annotated[int, typer.Option(min=1, help="Months of invoices.")] = 24,
    seed: Annotated[int, typer.Option(help="The same seed makes the same ledger.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Make a synthetic ledger and write what is true of it beside it.

    JSON: `customers, invoices, truth` (the folder of the truth).
    """
    from riskpay.sources.synthetic.files import write_world
    from riskpay.sources.synthetic.world import synthesise

    with progress("making a synthetic ledger"):
        world = synthesise(customers, months, seed)
        truth = write_world(world, out)
    invoices = world.ledger.invoices.filter(document_type="invoice").select("company_id", "invoice_id").n_unique()
    people = world.customers_truth.height
    if as_json:
        span = {"start": world.start.isoformat(), "as_of": world.as_of.isoformat()}
        put_json(
            {"customers": people, "invoices": invoices, "truth": str(truth), "out": str(out), "seed": seed, **span}
        )
        return
    show(
        f"{people} customers and {invoices} invoices up to {world.as_of} in {out}; the truth is in {truth}",
        f"Next: riskpay ingest {out} --format canonical",
    )
