"""What the API and the pages both show: the run behind a publication."""

from riskpay.errors import NotThereError
from riskpay.store.database import Store
from riskpay.store.runs import Run
from riskpay.store.worklists import Shown


def run_of(store: Store, shown: Shown) -> Run:
    """The run that published; raises NotThereError if the store lost it, which its foreign keys forbid."""
    run = store.runs.get(shown.run_id)
    if run is None:
        raise NotThereError(f"run {shown.run_id} is not in the store", "restore the store from a copy")
    return run
