"""What a table refuses, and how it says so."""

from datetime import date

import polars as pl
import pytest

from riskpay.errors import DataError
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import EVENT_TABLES, FILE_TABLES, FX_RATES, INVOICES, TABLES, WRITE_OFFS

DAY = date(2024, 1, 1)
OFF = {
    "company_id": "1",
    "write_off_id": "W1",
    "invoice_id": "A",
    "instalment": 1,
    "amount": 100,
    "written_off_on": DAY,
    "known_on": DAY,
}
RATE = {"currency": "EUR", "quote_currency": "USD", "rate_date": DAY, "rate": 1.1}


def test_missing_nullable_columns_are_filled_and_types_follow_the_declaration():
    frame = WRITE_OFFS.validate(pl.DataFrame([OFF]))
    assert frame.schema == WRITE_OFFS.dtypes
    assert frame["reason"].to_list() == [None]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"amount": 0}, "amount: '0'"),
        ({"amount": -5}, "amount: '-5'"),
        ({"amount": None}, "amount"),
        ({"amount": 12.7}, "amount hold fractions"),
        ({"amount": float("nan")}, "conversion from `f64` to `i64`"),
        ({"amount": "many"}, "many"),
        ({"instalment": 0}, "instalment: '0'"),
        ({"invoice_id": None}, "invoice_id"),
        ({"colour": "red"}, "unknown columns ['colour']"),
    ],
)
def test_a_bad_value_is_named(change, said):
    with pytest.raises(DataError) as told:
        WRITE_OFFS.validate(pl.DataFrame([OFF | change]))
    assert said in told.value.message
    assert "write_offs" in told.value.message
    assert told.value.hint


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match=r"missing columns \['amount'\]"):
        WRITE_OFFS.validate(pl.DataFrame([OFF]).drop("amount"))


def test_a_repeated_key_is_counted():
    with pytest.raises(DataError, match=r"1 rows repeat a key \(company_id, write_off_id\)"):
        WRITE_OFFS.validate(pl.DataFrame([OFF, OFF | {"amount": 200}]))


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -1.0, None])
def test_a_rate_is_a_finite_number(rate):
    with pytest.raises(DataError, match="rate"):
        FX_RATES.validate(pl.DataFrame([RATE | {"rate": rate}], schema=FX_RATES.dtypes))


def test_an_unknown_status_is_refused_with_the_value_that_came():
    row = {
        "company_id": "1",
        "invoice_id": "A",
        "instalment": 1,
        "known_on": DAY,
        "customer_id": "C",
        "document_type": "invoice",
        "issue_date": DAY,
        "due_date": DAY,
        "amount": 1,
        "currency": "USD",
        "status": "paid",
    }
    with pytest.raises(DataError, match="'paid'"):
        INVOICES.validate(pl.DataFrame([row]))


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_an_empty_table_holds_its_contract(table):
    schema = table.validate(table.empty()).schema
    assert list(schema) == table.names
    assert all(schema[name] == dtype for name, dtype in table.dtypes.items())


def test_every_table_declares_itself_whole():
    for table in FILE_TABLES + EVENT_TABLES:
        assert set(table.key) <= set(table.names)
        assert len(set(table.names)) == len(table.names)
        assert all(column.meaning for column in table.columns)
        assert all(column.unit for column in table.columns if column.dtype in {pl.Int64, pl.Datetime, pl.Float64})
        if table.name != "fx_rates":
            assert table.key[0] == "company_id"


def test_a_ledger_names_an_unknown_column_and_fills_tables_not_given():
    with pytest.raises(DataError, match="write_offs"):
        Ledger.of({"write_offs": pl.DataFrame([OFF | {"colour": "red"}])})
    assert Ledger.of({}).validated().last_known_on() is None


def test_a_ledger_checks_values_only_when_asked():
    ledger = Ledger.of({"write_offs": pl.DataFrame([OFF | {"amount": 0}])})
    with pytest.raises(DataError, match="amount"):
        ledger.validated()
