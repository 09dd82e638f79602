"""How many days late a customer paid before, as of any day and by any threshold: for rules that a person could use.

``past_records`` answers from running sums for a handful of thresholds; here the threshold may differ by question, and
the days themselves can be looked up by rank.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_CUSTOMER = list(CUSTOMER_KEY)
_SPAN = 2**22
_EARLY = 2**21


@dataclass(frozen=True)
class PastDays:
    """Settlements in cash, ordered by customer and days late.

    ``customers``: customer key and number. ``place``: number and days late as one number that orders by both.
    ``first``, ``end``: days (since 1970) from which a settlement is known, and on which it was taken back.
    """

    customers: pl.DataFrame
    place: IntArray
    first: IntArray
    end: IntArray

    @classmethod
    def of(cls, states: pl.DataFrame) -> "PastDays":
        """From ``item_states``: a settlement counts from the day it is known until the item's next state, if that differs."""
        late = (pl.col("settled_on") - pl.col("due_date")).dt.total_days()
        ends = pl.col("known_on").shift(-1).over(list(ITEM_KEY))
        paid = states.with_columns(days_late=late, end=ends).filter(pl.col("settled_by") == "cash")
        customers = states.select(_CUSTOMER).unique().sort(_CUSTOMER).with_row_index("customer")
        rows = paid.join(customers, on=_CUSTOMER, maintain_order="left").select(
            place=_place(pl.col("customer"), pl.col("days_late")),
            first=pl.col("known_on").to_physical().cast(pl.Int64),
            end=pl.col("end").to_physical().cast(pl.Int64).fill_null(np.iinfo(np.int64).max),
        )
        ordered = rows.sort("place")
        return cls(customers, *(ordered[name].to_numpy() for name in ("place", "first", "end")))

    def over(self, asked: pl.DataFrame, days: IntArray) -> IntArray:
        """How many items each question's customer had settled by then more than so many days late.

        ``asked`` has company_id, customer_id and as_of (cut=start); ``days`` one threshold a question.
        """
        owner = self._owners(asked)
        found = np.zeros(asked.height, dtype=np.int64)
        for day, rows in _by_day(asked):
            known = self.place[self._known(day)]
            upto = np.searchsorted(known, _number(owner[rows], np.clip(days[rows], -_EARLY, _EARLY - 1)), side="right")
            found[rows] = np.searchsorted(known, _number(owner[rows] + 1, -_EARLY), side="left") - upto
        return found

    def quantiles(self, asked: pl.DataFrame, shares: tuple[float, ...], fewest: int) -> tuple[FloatArray, IntArray]:
        """Days late below which each share of the customer's settled items lies, shape (questions, shares), and their number.

        The smallest value that at least the share reaches. Of a customer with fewer than ``fewest`` settled items, those of all
        customers together; NaN where nobody settled anything yet.
        """
        owner = self._owners(asked)
        found = np.full((asked.height, len(shares)), np.nan)
        number = np.zeros(asked.height, dtype=np.int64)
        for day, rows in _by_day(asked):
            known = self.place[self._known(day)]
            start = np.searchsorted(known, _number(owner[rows], -_EARLY), side="left")
            number[rows] = np.searchsorted(known, _number(owner[rows] + 1, -_EARLY), side="left") - start
            whole = np.sort(known % _SPAN)
            for column, share in enumerate(shares):
                if len(known):
                    rank = np.clip(np.ceil(share * number[rows]).astype(np.int64) - 1, 0, None)
                    own = known[np.minimum(start + rank, len(known) - 1)] % _SPAN
                    common = whole[max(0, int(np.ceil(share * len(whole))) - 1)]
                    found[rows, column] = np.where(number[rows] >= fewest, own, common) - _EARLY
        return found, number

    def _known(self, day: int) -> npt.NDArray[np.bool_]:
        """Which settlements were known, and stood, at the start of a day."""
        return (self.first < day) & (self.end >= day)

    def _owners(self, asked: pl.DataFrame) -> IntArray:
        numbers = asked.select(_CUSTOMER).join(self.customers, on=_CUSTOMER, how="left", maintain_order="left")
        return numbers["customer"].cast(pl.Int64).fill_null(self.customers.height).to_numpy()


def _place(customer: pl.Expr, days_late: pl.Expr) -> pl.Expr:
    return customer.cast(pl.Int64) * _SPAN + days_late.cast(pl.Int64) + _EARLY


def _number(customer: IntArray, days_late: IntArray | int) -> IntArray:
    return customer * _SPAN + days_late + _EARLY


def _by_day(asked: pl.DataFrame) -> list[tuple[int, IntArray]]:
    """The rows of each as_of, as days since 1970."""
    days = asked["as_of"].to_physical().cast(pl.Int64).to_numpy()
    order = np.argsort(days, kind="stable")
    found, starts = np.unique(days[order], return_index=True)
    ends = [*starts[1:], len(days)]
    return [(int(day), order[start:end]) for day, start, end in zip(found, starts, ends[: len(found)], strict=True)]
