"""The benchmark's pandas pipeline gives riskpay's values: what is timed side by side is the same work."""

import pandas_features
import polars as pl
import pytest
from ledgers import write_ledger

from riskpay.features.catalogue import FEATURE_NAMES
from riskpay.features.histories import features
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import FILE_TABLES, ITEM_KEY


def differences(folder, out):
    """(feature, pandas, riskpay) wherever the two are not equal to 1e-9, over every item at its issue day."""
    ledger = Ledger.of({t.name: pl.read_parquet(folder / f"{t.name}.parquet") for t in FILE_TABLES})
    asked = ledger.invoices.filter(document_type="invoice").select(*ITEM_KEY, as_of="issue_date")
    ours = features(ledger, asked, "start")
    assert pandas_features.build(folder, out) == len(pandas_features.FEATURES)
    theirs = pl.read_parquet(out)
    assert theirs.columns == [*asked.columns, *pandas_features.FEATURES]
    assert theirs.select(asked.columns).cast({"as_of": pl.Date}).equals(asked)
    found = []
    for name in pandas_features.FEATURES:
        pair = pl.DataFrame({"pandas": theirs[name].cast(pl.Float64).fill_nan(None), "riskpay": ours[name]})
        far = (pl.col("pandas") - pl.col("riskpay")).abs() > 1e-9 * (1 + pl.col("riskpay").abs())
        unequal = far.fill_null(value=False) | (pl.col("pandas").is_null() != pl.col("riskpay").is_null())
        found += [(name, *row) for row in pair.filter(unequal).rows()]
    return found


def test_there_are_37_of_the_catalogue():
    assert len(set(pandas_features.FEATURES)) == len(pandas_features.FEATURES) == 37
    assert set(pandas_features.FEATURES) <= set(FEATURE_NAMES)


@pytest.mark.parametrize("biggest", [0.0, 0.3])
def test_pandas_gives_the_same_values_on_a_generated_ledger(tmp_path, biggest):
    folder = write_ledger(tmp_path / "ledger", 2000, seed=4, biggest=biggest)
    kinds = {t: pl.read_parquet(folder / f"{t}.parquet").height for t in ("payment_reversals", "write_offs")}
    assert min(kinds.values()) > 5
    assert differences(folder, tmp_path / "features.parquet") == []


def test_pandas_gives_the_same_values_where_a_returned_payment_leaves_the_item_paid_by_another(tmp_path, make_ledger):
    ledger = make_ledger("""
        companies:
        company_id | name | currency | country | time_zone
        1 | One | USD | US | America/New_York
        invoices:
        invoice_id | issue_date | due_date | amount
        paid twice | 2024-01-02 | 2024-01-31 | 100.00
        paid once | 2024-01-03 | 2024-02-01 | 50.00
        all returned | 2024-01-04 | 2024-02-01 | 70.00
        asked between | 2024-02-20 | 2024-03-20 | 10.00
        asked after | 2024-03-12 | 2024-04-11 | 10.00
        asked much later | 2024-07-01 | 2024-07-31 | 10.00
        payments:
        payment_id | value_date | amount
        first | 2024-01-29 | 100.00
        second | 2024-02-09 | 100.00
        third | 2024-01-15 | 50.00
        fourth | 2024-02-12 | 70.00
        allocations:
        source_id | invoice_id | allocated_on | amount
        first | paid twice | 2024-01-29 | 100.00
        second | paid twice | 2024-02-09 | 100.00
        third | paid once | 2024-01-15 | 50.00
        fourth | all returned | 2024-02-12 | 70.00
        payment_reversals:
        payment_id | reversed_on
        first | 2024-03-01
        fourth | 2024-03-05
    """)
    folder = tmp_path / "ledger"
    folder.mkdir()
    for table in FILE_TABLES:
        ledger.frames()[table.name].write_parquet(folder / f"{table.name}.parquet")
    assert differences(folder, tmp_path / "features.parquet") == []
    found = pl.read_parquet(tmp_path / "features.parquet").filter(invoice_id="asked after")
    assert found["settled_count"].to_list() == [2.0]
    assert found["last_days_late"].to_list() == [9.0]
