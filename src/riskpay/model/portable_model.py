"""A model of the registry as one object that any Python can carry: the texts of its bundle, and nothing else."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskpay.errors import DataError
from riskpay.model.bundle import read_bundle, write_bundle
from riskpay.model.late_model import LateModel
from riskpay.model.pyfunc import CurveModel

_NAME: Final = re.compile(r"[a-z0-9_]+\.(txt|json)")


@dataclass(frozen=True)
class PortableModel:
    """Answers a pandas frame of as_of, due_date and the features that the model ``reads``, without a home.

    ``files``: the texts of the model's bundle (record 0009) by name. It is pickled as these texts alone, so a file of it
    names one class and holds no code, and it stays readable when riskpay's inner classes move.
    """

    files: Mapping[str, str]

    @classmethod
    def of(cls, model: LateModel) -> "PortableModel":
        """The portable form of a model."""
        with tempfile.TemporaryDirectory() as place:
            write_bundle(model, Path(place))
            return cls({file.name: file.read_text(encoding="utf-8") for file in sorted(Path(place).iterdir())})

    @cached_property
    def late_model(self) -> LateModel:
        """The model as a value; raises DataError if the texts are damaged or of another catalogue."""
        if not isinstance(self.files, Mapping) or not all(_is_file(*item) for item in self.files.items()):
            raise DataError("the portable model holds other things than texts", "export it anew: riskpay models export")
        with tempfile.TemporaryDirectory() as place:
            for name, text in self.files.items():
                (Path(place) / name).write_text(text, encoding="utf-8")
            return read_bundle(Path(place))

    @property
    def reads(self) -> tuple[str, ...]:
        """Features that it asks for, beside as_of and due_date."""
        return self.late_model.reads

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """p_late, p_unpaid_7, p_unpaid_30 and p_unpaid_90 of each row; its days are ISO text or datetimes."""
        return CurveModel(self.late_model).predict(frame)

    def predict_proba(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """P(on time) and P(late) of each row, shape (rows, 2)."""
        late = self.predict(frame)["p_late"].to_numpy(dtype=np.float64)
        return np.column_stack([1.0 - late, late])

    def __getstate__(self) -> dict[str, Any]:
        """The texts: what was read of them stays here."""
        return {"files": dict(self.files)}


def _is_file(name: object, text: object) -> bool:
    """Whether it is a text of a bundle, whose name leads to no other folder."""
    return isinstance(name, str) and isinstance(text, str) and _NAME.fullmatch(name) is not None
