"""How models are grown: HOME/training.toml. A data scientist's settings, which go into every model's bundle.

They stand apart from riskpay.toml, which says where a process works, and from the policy, which a credit manager keeps:
a change here changes what is learnt from the same ledger, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from riskpay.errors import SettingsError, UsageError
from riskpay.features.labels import LANDMARK_DAYS, Grid
from riskpay.model.hazard import HazardSettings
from riskpay.model.training import TrainSettings
from riskpay.settings import read_toml

FILE_NAME: Final = "training.toml"
_HAZARD: Final = HazardSettings()


def _key(default: object, allowed: str, meaning: str, **limits: Any) -> Any:  # noqa: ANN401 - as pydantic's Field
    return Field(default, description=meaning, json_schema_extra={"allowed": allowed}, **limits)


class TrainingFile(BaseModel):
    """What HOME/training.toml may say; what is declared here is what docs/settings.md shows."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    interval_ends: tuple[int, ...] = _key(
        Grid().ends[1:],
        "ascending whole numbers from 1 to 730, 30, 60 and 90 among them",
        "Ends of the hazard intervals in days after the due date. One interval, ending with the grace days, comes before them; "
        "those within the grace days do not count. The customer's own shares are known at 3, 7, 15, 30, 60 and 90.",
        max_length=40,
    )
    landmark_days: tuple[int, ...] = _key(
        LANDMARK_DAYS,
        "different whole numbers from -365 to 365",
        "Days from the due date on which an item still open is asked again in training, beside its issue day.",
        max_length=40,
    )
    other_weight: float = _key(
        _HAZARD.other_weight,
        "a number above 0, at most 10",
        "Weight of a row asked on such a day, against one asked at issue.",
        gt=0,
        le=10,
    )
    recency_half_life_days: float = _key(
        _HAZARD.recency_half_life_days,
        "0, or a number from 7 to 3650",
        "Age in days at which a training row counts half; 0: all count alike.",
        ge=0,
        le=3650,
    )
    monotone: bool = _key(
        _HAZARD.monotone,
        "true or false",
        "Whether no tree may say that a customer pays in time more often because it was late more often (`model/monotone.py` has the list).",
    )
    learning_rate: float = _key(
        _HAZARD.learning_rate, "a number from 0.001 to 1", "How much of what is left each tree learns.", ge=0.001, le=1
    )
    leaves: int = _key(
        _HAZARD.leaves,
        "a whole number from 7 to 1024",
        "Most leaves of a tree; on small sets one in 600 rows, at least 7.",
        ge=7,
        le=1024,
    )
    min_rows_in_leaf: int = _key(
        _HAZARD.min_rows_in_leaf,
        "a whole number from 5 to 100000",
        "Fewest rows of a leaf; on small sets at most one in 50.",
        ge=5,
        le=100_000,
    )
    feature_fraction: float = _key(
        _HAZARD.feature_fraction,
        "a number above 0, at most 1",
        "Share of the columns that each tree may read.",
        gt=0,
        le=1,
    )
    small_feature_fraction: float = _key(
        _HAZARD.small_feature_fraction,
        "a number above 0, at most 1",
        "The same on sets of fewer than `small_rows` rows.",
        gt=0,
        le=1,
    )
    small_rows: int = _key(
        _HAZARD.small_rows,
        "a whole number from 0 on",
        "Person-period rows below which a set is small; such a set leaves the features of record 0014 unread.",
        ge=0,
    )
    row_fraction: float = _key(
        _HAZARD.row_fraction, "a number above 0, at most 1", "Share of the rows that each tree is grown on.", gt=0, le=1
    )
    ridge: float = _key(_HAZARD.ridge, "a number from 0 on", "L2 penalty on the leaves.", ge=0)
    rounds: int = _key(_HAZARD.rounds, "a whole number from 1 to 10000", "Most trees of a booster.", ge=1, le=10_000)
    patience: int = _key(
        _HAZARD.patience,
        "a whole number from 1 to 10000",
        "Trees without gain on a later period after which growing ends.",
        ge=1,
        le=10_000,
    )
    unwatched_rounds: int = _key(
        _HAZARD.unwatched_rounds,
        "a whole number from 1 to 10000",
        "Trees where there is no later period to say when to end.",
        ge=1,
        le=10_000,
    )
    random_rounds: float = _key(
        _HAZARD.random_rounds,
        "a number above 0, at most 10",
        "Trees of the member with random split points, as a multiple of the other's.",
        gt=0,
        le=10,
    )
    seed: int = _key(
        _HAZARD.seed, "a whole number from 0 to 2000000000", "Seed of what is drawn.", ge=0, le=2_000_000_000
    )

    @field_validator("interval_ends")
    @classmethod
    def _ends(cls, ends: tuple[int, ...]) -> tuple[int, ...]:
        try:
            Grid.with_grace(0, ends)
        except UsageError as refused:
            raise ValueError(refused.message) from None
        if ends[0] < 1 or ends[-1] > 730:
            raise ValueError("ends beyond 1 to 730")
        return ends

    @field_validator("landmark_days")
    @classmethod
    def _days(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(days)) < len(days) or any(abs(day) > 365 for day in days):
            raise ValueError("days that repeat, or lie beyond a year")
        return days

    @field_validator("recency_half_life_days")
    @classmethod
    def _half_life(cls, days: float) -> float:
        if 0 < days < 7:
            raise ValueError("a half-life below a week")
        return days

    @classmethod
    def read(cls, home: Path) -> Self:
        """HOME/training.toml, the defaults where it is silent or not there; raises SettingsError with every fault."""
        return cls.checked(read_toml(home / FILE_NAME, list(cls.model_fields)), home / FILE_NAME)

    @classmethod
    def checked(cls, values: Mapping[str, Any], file: Path) -> Self:
        """The settings that ``values`` of ``file`` make; raises SettingsError with every fault."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as failed:
            keys = dict.fromkeys(str(fault["loc"][0]) for fault in failed.errors())
            faults = (f"training setting {key} is {values[key]!r}; allowed is {allowed(key)}" for key in keys)
            raise SettingsError("; ".join(faults), f"change {file}") from None

    def applied(self, settings: TrainSettings) -> TrainSettings:
        """``settings`` with what is said here; raises UsageError where grace days leave no later interval."""
        said = self.model_dump(exclude_unset=True)
        ends = said.pop("interval_ends", settings.later_ends)
        days = said.pop("landmark_days", settings.landmark_days)
        return replace(settings, hazard=replace(settings.hazard, **said), later_ends=ends, landmark_days=days)


def allowed(key: str) -> str:
    """What a training setting may hold, in words."""
    declared = TrainingFile.model_fields[key].json_schema_extra
    return str(declared["allowed"]) if isinstance(declared, dict) else ""
