"""What every test may ask for: shared data, homes, ledgers written as text tables, Hypothesis profiles."""

import os
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, settings

from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import TABLES
from riskpay.money import to_minor

ROOT = Path(__file__).parents[1]

settings.register_profile("ci", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

HeldOut = Callable[[str], dict[str, Any]]
MakeLedger = Callable[[str], Ledger]

# What a row of a text table need not say. A string that names another column takes that column's value.
DEFAULTS = {
    "company_id": "1",
    "instalment": "1",
    "currency": "USD",
    "customer_id": "C1",
    "status": "active",
    "document_type": "invoice",
    "source_type": "payment",
    "debtor_type": "company",
    "payment_method": "transfer",
    "account_status": "active",
    "strategic": "false",
    "opening_dunning_level": "0",
    "reason": "given",
}
KNOWN_ON = {
    "invoices": "issue_date",
    "payments": "value_date",
    "payment_reversals": "reversed_on",
    "allocations": "allocated_on",
    "write_offs": "written_off_on",
    "disputes": "opened_on",
    "promises": "promised_on",
    "blocks": "blocked_on",
}
MONEY = {"amount", "credit_limit"}


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data; it must be there in continuous integration."""
    place = Path(os.environ.get("RISKPAY_SHARED") or ROOT.parent / "shared")
    if not (place / "data").is_dir():
        said = f"the shared data is not at {place}: name it in RISKPAY_SHARED"
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    return place


@pytest.fixture(scope="session")
def held_out(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> HeldOut:
    """Backtests of the shared files by name (sample_b, ibm): the only place in which tests run them, each once."""
    from riskpay.workflows.card import held_out as play  # noqa: PLC0415 - it trains, and most tests do not

    @cache
    def played(name: str) -> dict[str, Any]:
        return play(name, shared / "data", tmp_path_factory.mktemp(name) / "home")

    return played


@pytest.fixture(autouse=True)
def _no_outside_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of whoever runs the tests do not reach them; RISKPAY_SHARED names data, not a setting."""
    for name in [n for n in os.environ if n.startswith("RISKPAY_") and n != "RISKPAY_SHARED"]:
        monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that does not exist yet."""
    return tmp_path / "home"


@pytest.fixture(scope="session")
def make_ledger() -> MakeLedger:
    """Makes a validated ledger from text tables.

    A line with one word and a colon names a table, the next line its columns, the others its rows;
    columns are parted by ``|``. Amounts are decimal in the row's currency, dates ISO, empty is null.
    Left out: company 1, customer C1, instalment 1, USD, an active invoice, a payment as source, ids by
    row number, and known_on = the day the fact counts.
    """
    return _ledger


def _ledger(text: str) -> Ledger:
    frames: dict[str, pl.DataFrame] = {}
    name = ""
    columns: list[str] = []
    rows: list[list[str]] = []
    for line in [*filter(None, map(str.strip, text.splitlines())), "end:"]:
        cells = [cell.strip() for cell in line.split("|")]
        if line.endswith(":") and len(cells) == 1:
            if name:
                frames[name] = _frame(name, columns, rows)
            name, columns, rows = line[:-1], [], []
        elif columns:
            rows.append(cells)
        else:
            columns = cells
    return Ledger.of(frames).validated()


def _frame(name: str, columns: list[str], rows: list[list[str]]) -> pl.DataFrame:
    filled = [_filled(name, dict(zip(columns, row, strict=True)), n) for n, row in enumerate(rows, start=1)]
    dtypes = TABLES[name].dtypes
    return pl.DataFrame(
        {column: [_value(column, row, dtypes[column]) for row in filled] for column in filled[0]},
        schema={column: dtypes[column] for column in filled[0]},
    )


def _filled(name: str, row: dict[str, str], number: int) -> dict[str, str]:
    table = TABLES[name]
    own_id = next((key for key in table.key if key.endswith("_id") and key[:-3] + "s" == name), "")
    preset = {n: DEFAULTS[n] for n in table.names if n in DEFAULTS}
    made = preset | ({own_id: f"{name}{number}"} if own_id and own_id != "customer_id" else {}) | row
    if name in KNOWN_ON:
        made.setdefault("known_on", made[KNOWN_ON[name]])
    return made


def _value(column: str, row: dict[str, str], dtype: type[pl.DataType]) -> object:
    text = row[column]
    if not text:
        return None
    if column in MONEY:
        return to_minor(text, row.get("currency", "USD"))
    readers: dict[type[pl.DataType], Callable[[str], object]] = {
        pl.Date: date.fromisoformat,
        pl.Int32: int,
        pl.Int64: int,
        pl.Float64: float,
        pl.Boolean: lambda word: {"true": True, "false": False}[word],
    }
    return readers.get(dtype, str)(text)
