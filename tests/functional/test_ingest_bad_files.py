"""Files that cannot be used: one clear message, and nothing half-written."""

from datetime import date

import pytest

from riskpay.errors import DataError
from riskpay.workflows.ingest import ingest

DAY = date(2024, 6, 1)
HEADER = b"customerID,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,SettledDate\n"
ROW = b"c1,i1,1/2/2013,2/1/2013,55.94,1/15/2013\n"


def long_line() -> bytes:
    return HEADER + b"a" * 200_000_000


@pytest.mark.parametrize(
    ("content", "said", "hint"),
    [
        (lambda: b"", "is empty", "export it again"),
        (lambda: (HEADER + ROW).replace(b",", b"~"), "header of one column", "delimiters"),
        (lambda: HEADER.replace(b"DueDate", b"Due") + ROW, "lacks due_date .accepted headers: DueDate", "rename"),
        (lambda: HEADER, "has a header and no rows", "export it again"),
        (lambda: b"\x00\x01\x02\x03" * 100, "a binary file, not text", "give CSV"),
        (lambda: b"\x1f\x8b\x08" + b"z" * 100, "a gzip archive, not text", "give CSV"),
        (long_line, "line 2 is longer than 4,000,000 characters", "no table of one row a line"),
    ],
    ids=["empty", "wrong delimiter", "missing column", "header only", "binary", "gzip", "a 200 MB line"],
)
def test_a_file_that_cannot_be_used(tmp_path, content, said, hint):
    file, home = tmp_path / "export.csv", tmp_path / "home"
    file.write_bytes(content())
    with pytest.raises(DataError, match=said) as raised:
        ingest(home, file, "ibm-ar", DAY)
    assert hint in raised.value.hint
    assert str(file) in raised.value.message
    assert not home.exists()


def test_a_mapping_with_a_typo(tmp_path):
    file, home, mapping = tmp_path / "export.csv", tmp_path / "home", tmp_path / "own.yaml"
    file.write_bytes(HEADER + ROW)
    mapping.write_text("name: own\nposting_lag_day: 2\n")
    with pytest.raises(DataError, match="line 2: posting_lag_day: unknown key; did you mean 'posting_lag_days'"):
        ingest(home, file, str(mapping), DAY)
    assert not home.exists()


@pytest.mark.parametrize(
    ("old", "new", "column", "reason"),
    [
        (b"2/1/2013", b"2/1/1913", "due_date", "the year is not within 2000 to 2050"),
        (b"55.94", b"NaN", "amount", "amount is not finite"),
        (b"55.94", b"inf", "amount", "amount is not finite"),
        (b"55.94", b"1e400", "amount", "amount is not a number"),
    ],
)
def test_a_bad_row_is_set_aside_and_the_others_are_loaded(tmp_path, old, new, column, reason):
    file, home = tmp_path / "export.csv", tmp_path / "home"
    file.write_bytes(HEADER + ROW.replace(b"i1", b"i2") + ROW.replace(old, new))
    result = ingest(home, file, "ibm-ar", DAY).to_json()
    assert [result[name]["rows"] for name in ("read", "accepted", "rejected", "duplicates")] == [2, 1, 1, 0]
    with open(result["rejects_file"], encoding="utf-8") as opened:  # noqa: PTH123 - the path comes as text
        header, line = opened.read().splitlines()
    assert header == "file,line,column,value,reason,amount,currency"
    assert line.startswith(f"export.csv,3,{column},{new.decode()},{reason}")


def test_all_rows_bad_is_an_empty_ledger_and_a_rejects_file(tmp_path):
    file, home = tmp_path / "export.csv", tmp_path / "home"
    file.write_bytes(HEADER + ROW.replace(b"55.94", b"0"))
    result = ingest(home, file, "ibm-ar", DAY).to_json()
    assert (result["accepted"]["rows"], result["added"]) == (0, 0)
    assert result["rejects_file"]


def test_a_formula_in_a_rejected_value_is_no_formula_in_a_spreadsheet(tmp_path):
    file, home = tmp_path / "export.csv", tmp_path / "home"
    file.write_bytes(HEADER + ROW.replace(b"55.94", b"=1+1") + ROW.replace(b"i1", b"i2").replace(b"55.94", b"-5.00"))
    result = ingest(home, file, "ibm-ar", DAY).to_json()
    with open(result["rejects_file"], encoding="utf-8") as opened:  # noqa: PTH123 - the path comes as text
        first, second = opened.read().splitlines()[1:]
    assert ",'=1+1," in first
    assert second.endswith(",-5.00,amount is negative,-5.00,USD")
