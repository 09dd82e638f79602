"""The chances that were published for a day, to hold beside what is worked out of it now.

The only place that knows where a run's own chances are kept.
"""

import polars as pl

from riskpay.ledger.tables import ITEM_KEY
from riskpay.store.database import Store
from riskpay.store.runs import Run

SCHEMA = {
    "company_id": pl.String,
    "invoice_id": pl.String,
    "instalment": pl.Int32,
    "p_late": pl.Float64,
    "p_unpaid_30": pl.Float64,
}


def published(store: Store, run: Run) -> pl.DataFrame:
    """Chances (six digits) of the items on the lists of a run: the item's key, p_late, p_unpaid_30.

    A run that gave the same lists as one before it published nothing of its own: theirs are given. Empty where another run's lists
    took their place since.
    """
    shown = store.worklists.latest(run.as_of)
    if shown is None:
        return pl.DataFrame(schema=SCHEMA)
    behind = store.runs.get(shown.run_id)
    if behind is None or behind.model_version != run.model_version:
        return pl.DataFrame(schema=SCHEMA)
    size = sum(head.entries for head in shown.lists)
    entries = store.worklists.page(shown, limit=max(1, size)).entries
    rows = [
        {"company_id": entry.payload["company_id"], **{name: item[name] for name in list(SCHEMA)[1:]}}
        for entry in entries
        for item in entry.payload["items"]
    ]
    return pl.DataFrame(rows, schema=SCHEMA).unique(ITEM_KEY, keep="first", maintain_order=True)
