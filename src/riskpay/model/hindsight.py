"""What models frozen earlier said of later questions, and what came of them as far as it is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

NEVER = 10**6
"""Days to a payment that has not come."""


@dataclass(frozen=True)
class Hindsight:
    """Questions answered by models that saw nothing of their day or later.

    ``rows``: company_id, customer_id, at_issue, settled_count and late_share as known at as_of; at (days from the due date to
    as_of); p_late; paid_in (days from as_of to the payment, at least 1: one on its way at as_of counts for the first day;
    ``NEVER`` if none is known); watched (days from as_of up to which payments would be known by now); and late, whether
    the item was paid after its due date and grace days: null where it is past them at as_of, or not decided yet.
    ``unpaid``: the payment curves in the same order, float32, shape (questions, 181).
    """

    rows: pl.DataFrame
    unpaid: npt.NDArray[np.float32]


def joined(parts: Sequence[Hindsight]) -> Hindsight:
    """Several looks back as one, in order."""
    return Hindsight(pl.concat([part.rows for part in parts]), np.concatenate([part.unpaid for part in parts]))
