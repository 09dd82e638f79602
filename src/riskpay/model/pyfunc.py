"""The door through which MLflow's own tools load a model: ``mlflow.pyfunc.load_model`` calls this module."""

from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

from riskpay.model.bundle import read_bundle
from riskpay.model.late_model import LateModel
from riskpay.model.subset import blanked

QUESTION_DAYS = ("as_of", "due_date")


class CurveModel:
    """Answers a pandas frame of as_of, due_date and the features that the model reads with late risks."""

    def __init__(self, model: LateModel) -> None:
        self.model = model

    def predict(self, frame: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002 - MLflow's signature
        """p_late, p_unpaid_7, p_unpaid_30 and p_unpaid_90 of each row; its days are ISO text or datetimes."""
        asked = pl.from_pandas(
            frame[[*QUESTION_DAYS, *self.model.reads]].astype(dict.fromkeys(QUESTION_DAYS, "datetime64[ns]"))
        )
        days = asked.with_columns(pl.col(QUESTION_DAYS).cast(pl.Date))
        keyed = days.with_columns(company_id=pl.lit(""), invoice_id=pl.lit(""), instalment=pl.lit(1, pl.Int32))
        first = keyed["as_of"].min() if keyed.height else None
        table = self.model.risks(blanked(keyed, self.model.without), first, "")  # type: ignore[arg-type]
        return table.items.select("p_late", "p_unpaid_7", "p_unpaid_30", "p_unpaid_90").to_pandas()


def _load_pyfunc(path: str) -> CurveModel:
    return CurveModel(read_bundle(Path(path)))
