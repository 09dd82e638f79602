"""How a table is declared: columns with type, unit, meaning and allowed values, once for all uses."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from riskpay.errors import DataError

if TYPE_CHECKING:
    import pandera.polars as pa


@dataclass(frozen=True)
class Column:
    """One column: its type, what it means, its unit, and what it may hold."""

    name: str
    dtype: type[pl.DataType]
    meaning: str
    unit: str = ""
    nullable: bool = False
    allowed: tuple[str, ...] = ()
    at_least: float | None = None

    def check(self) -> "pa.Column":
        """The pandera column that holds values to this declaration."""
        import pandera.polars as pa  # noqa: PLC0415 - it brings pandas along, which reading a ledger does not need

        checks = []
        if self.allowed:
            checks.append(pa.Check.isin(list(self.allowed)))
        if self.at_least is not None:
            checks.append(pa.Check.ge(self.at_least))
        if self.dtype == pl.Float64:
            checks.append(pa.Check(_finite, name="finite"))
        return pa.Column(self.dtype, checks=checks, nullable=self.nullable)


@dataclass(frozen=True)
class Table:
    """A table of the ledger: its columns, and the key whose values are unique."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @cached_property
    def names(self) -> list[str]:
        """Column names in their declared order."""
        return [column.name for column in self.columns]

    @cached_property
    def dtypes(self) -> dict[str, type[pl.DataType]]:
        """Polars type by column name, in the declared order."""
        return {column.name: column.dtype for column in self.columns}

    def empty(self) -> pl.DataFrame:
        """A frame of this table without rows."""
        return pl.DataFrame(schema=self.dtypes)

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """``frame`` in declared column order and types, columns that may be null filled with null.

        Raises DataError if a column that may not be null is missing, one is unknown, or a value does not
        fit its type; a fraction is never cut off to make it fit.
        """
        unknown = sorted(set(frame.columns) - set(self.names))
        missing = [c.name for c in self.columns if c.name not in frame.columns and not c.nullable]
        if unknown or missing:
            raise DataError(
                f"table {self.name}: unknown columns {unknown or 'none'}, missing columns {missing or 'none'}",
                f"its columns are {', '.join(self.names)}",
            )
        blanks = [pl.lit(None, dtype).alias(n) for n, dtype in self.dtypes.items() if n not in frame.columns]
        full = frame.with_columns(blanks)
        fractions = [n for n, dtype in self.dtypes.items() if dtype.is_integer() and _has_fractions(full[n])]
        try:
            typed = full.select(pl.col(n).cast(dtype) for n, dtype in self.dtypes.items())
        except pl.exceptions.PolarsError as failed:
            said = str(failed).splitlines()[0]
            raise DataError(f"table {self.name}: {said}", "see docs/ledger.md for each column's type") from None
        if fractions:
            raise DataError(
                f"table {self.name}: {', '.join(fractions)} hold fractions, expected whole numbers",
                "money is in minor units: 12.30 USD is 1230",
            )
        return typed

    def validate(self, frame: pl.DataFrame) -> pl.DataFrame:
        """``frame`` conformed, its values and its key checked; raises DataError naming what is wrong."""
        import pandera.polars as pa  # noqa: PLC0415 - as above
        from pandera.errors import SchemaErrors  # noqa: PLC0415 - as above

        conformed = self.conform(frame)
        schema = pa.DataFrameSchema({column.name: column.check() for column in self.columns}, strict=True)
        try:
            schema.validate(conformed, lazy=True)
        except SchemaErrors as failed:
            cases = failed.failure_cases.select("column", "check", "failure_case").unique(maintain_order=True).head(5)
            said = "; ".join(f"{c}: {v!r} fails {k}" for c, k, v in cases.iter_rows())
            raise DataError(
                f"table {self.name}: {said}", "see docs/ledger.md for what each column may hold"
            ) from failed
        repeated = conformed.height - conformed.select(self.key).n_unique() if conformed.height else 0
        if repeated:
            raise DataError(
                f"table {self.name}: {repeated} rows repeat a key ({', '.join(self.key)})",
                "keys are unique: load changed content as a later version",
            )
        return conformed


def _finite(data: "pa.PolarsData") -> pl.LazyFrame:
    checked: pl.LazyFrame = data.lazyframe.select(pl.col(data.key).is_finite())
    return checked


def _has_fractions(values: pl.Series) -> bool:
    return values.dtype.is_float() and bool((values != values.round()).any())
