"""Area under the ROC curve of one predictor under many weights: sorted once, measured often."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


class Ranking:
    """Questions in order of their probability, ties together. ``owners``: whose weight counts for each, by default its own."""

    def __init__(self, happened: BoolArray, p: FloatArray, owners: IntArray | None = None) -> None:
        order = np.argsort(p, kind="stable")
        whose = order if owners is None else owners[order]
        came = happened[order]
        ties = np.flatnonzero(np.diff(p[order], prepend=-np.inf))
        tie = np.repeat(np.arange(len(ties)), np.diff(ties, append=len(order)))
        self._late, self._rest = whose[came], whose[~came]
        # How many of the rest stand before each tie: what a late question has below it, and with its equals.
        before = np.concatenate([[0], np.cumsum(np.bincount(tie[~came], minlength=len(ties)))])
        self._below, self._upto = before[tie[came]], before[tie[came] + 1]

    def roc_auc(self, weight: FloatArray) -> float | None:
        """Weighted share of pairs (happened, did not) that are ranked rightly, equal probabilities counted half.

        ``weight``: one an owner; None where only one outcome has weight.
        """
        late = weight[self._late]
        rest = np.concatenate([[0.0], np.cumsum(weight[self._rest])])
        pairs = float(late.sum() * rest[-1])
        return float(late @ (rest[self._below] + rest[self._upto])) / (2.0 * pairs) if pairs else None
