"""The two groups of intervals that are learnt and calibrated apart: up to the due date, and after it."""

from typing import Final

import numpy as np
import numpy.typing as npt

GROUPS: Final = ("first", "later")
"""The first interval of the grid (paid in time or not), and all later ones (how late)."""


def group_of(interval: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Index into GROUPS of intervals given by their index in the grid."""
    return np.minimum(interval, len(GROUPS) - 1)
