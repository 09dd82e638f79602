"""The reference of the ledger's tables, rendered from their declarations."""

import polars as pl

from riskpay.ledger.columns import Column, Table
from riskpay.ledger.tables import EVENT_TABLES, FILE_TABLES

_HEAD = """# The ledger

What riskpay knows of receivables, as tables. Money is a whole number of minor units (ISO 4217) of the row's currency:
12.30 USD is 1230. Days are days in the firm's time zone. `known_on` is the day a fact reached us: its value date and the
source's posting lag, or the day of the load that brought a change. A question asked as of a day sees only what was
known by then. Facts are added, never changed: a later version of an invoice, dispute, promise or block counts from its own
`known_on`.

"""
_FILES = """Parquet files, `HOME/ledger/versions/VERSION/TABLE.parquet`. Beside them, `SINCE` names the version that the load started
from, and `added/` and `removed/` have the rows by which it differs. From 200,000 invoices on, `HOME/facts` keeps histories ready
to be asked; that folder may be deleted at any time, and is made anew.
"""
_TYPES = {
    pl.String: "text",
    pl.Date: "date",
    pl.Datetime: "timestamp",
    pl.Boolean: "true or false",
    pl.Float64: "number",
    pl.Int32: "whole number",
    pl.Int64: "whole number",
}


def render() -> str:
    """docs/ledger.md: every table with its key and columns, those in files first, then what people did."""
    files = "".join(map(_section, FILE_TABLES))
    events = "".join(map(_section, EVENT_TABLES))
    return (
        f"{_HEAD}# Tables in ledger files\n\n{_FILES}{files}\n"
        f"# What people did\n\nKept in the store and joined in when a question is asked.\n{events}"
    )


def _section(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    rows = "".join(map(_row, table.columns))
    head = "| column | type | unit | may be empty | meaning |\n|---|---|---|---|---|\n"
    return f"\n## {table.name}\n\n{table.meaning} Key: {key}.\n\n{head}{rows}"


def _row(column: Column) -> str:
    limits = f" One of {', '.join(f'`{value}`' for value in column.allowed)}." if column.allowed else ""
    least = f" At least {column.at_least:g}." if column.at_least is not None else ""
    empty = "yes" if column.nullable else ""
    return (
        f"| `{column.name}` | {_TYPES[column.dtype]} | {column.unit} | {empty} | {column.meaning}.{limits}{least} |\n"
    )
