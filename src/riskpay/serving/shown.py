"""What the API and the pages both show: the publication in force for a day, and the run behind it."""

from datetime import date

from riskpay.errors import NotThereError
from riskpay.store.database import Store
from riskpay.store.runs import Run
from riskpay.store.worklists import Shown


def in_force(store: Store, as_of: date) -> Shown:
    """The publication of a day; raises NotThereError naming the newest day that has one."""
    shown = store.worklists.latest(as_of)
    if shown is None:
        days = store.worklists.days(limit=1)
        newest = f"; the newest day with a list is {days[0]}" if days else "; no day has a list yet"
        raise NotThereError(f"nothing was published for {as_of}{newest}", f"run: riskpay daily --as-of {as_of}")
    return shown


def run_of(store: Store, shown: Shown) -> Run:
    """The run that published; raises NotThereError if the store lost it, which its foreign keys forbid."""
    run = store.runs.get(shown.run_id)
    if run is None:
        raise NotThereError(f"run {shown.run_id} is not in the store", "restore the store from a copy")
    return run
