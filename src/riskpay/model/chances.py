"""What a model says of questions, in full precision: p_late, and S at one day of the curve."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.model.curve import late_probability, unpaid_on
from riskpay.model.late_model import LateModel

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Chances:
    """p_late, and P(unpaid some days from as_of), of questions; shape (questions,) each."""

    p_late: FloatArray
    unpaid: FloatArray


def chances(model: LateModel, frame: pl.DataFrame, days: int) -> Chances:
    """p_late and S(``days``) of each row; ``frame`` as for ``LateModel.hazards``."""
    at, hazards = model.hazards(frame)
    late = late_probability(at, hazards, model.grid, model.grid.ends[0])
    return Chances(late, unpaid_on(at, hazards, model.grid, model.spread(frame), days))
