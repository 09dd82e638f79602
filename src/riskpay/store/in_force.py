"""What is in force for a day, as the command line, the API and the pages show it."""

from datetime import date

from riskpay.errors import NotThereError
from riskpay.store.database import Store
from riskpay.store.worklists import Shown

_NAMED = 5


def in_force(store: Store, as_of: date | None = None) -> Shown:
    """The publication of a day (default: the newest); raises NotThereError naming the newest days that have one."""
    days = store.worklists.days(limit=_NAMED)
    day = as_of or (days[0] if days else None)
    shown = store.worklists.latest(day) if day else None
    if shown is None:
        there = f"lists are there for {', '.join(map(str, days))}" if days else "no day has a list yet"
        raise NotThereError(
            f"nothing was published for {as_of or 'any day'}; {there}",
            f"run: riskpay daily{f' --as-of {as_of}' if as_of else ''}",
        )
    return shown
