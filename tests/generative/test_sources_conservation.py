"""Whatever a file holds: every row is counted once, money adds up, and what is accepted is a sound ledger."""

import csv
import io
import tempfile
from collections import Counter
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from riskpay import yamlfile
from riskpay.errors import UsageError
from riskpay.ledger.ledger import Ledger
from riskpay.money import to_minor
from riskpay.sources import parsing
from riskpay.sources.intake import read_source
from riskpay.sources.mapping import Amounts, Mapping

MAPPING = yamlfile.read(
    """\
name: shop
columns:
  customer_id: [customer]
  invoice_id: [invoice]
  issue_date: [issued]
  due_date: [due]
  amount: [amount]
  currency: [cur]
  settled_on: [paid]
companies:
  "1": {name: We, currency: EUR, country: DE, time_zone: Europe/Berlin}
""",
    Mapping,
)
HEADER = ["customer", "invoice", "issued", "due", "amount", "cur", "paid"]
days = st.sampled_from(["2024-01-01", "2024-01-31", "2024-03-01", "1924-01-01", "soon", ""])
cells = st.tuples(
    st.sampled_from(["c1", "c2", "c,3", ""]),
    st.sampled_from(["i1", "i2", "i3", 'i"4', "i\n5", ""]),
    days,
    days,
    st.sampled_from(["10.00", "10", "0", "-3.5", "NaN", "inf", "1.005", "ten", "", "7.25"]),
    st.sampled_from(["EUR", "usd", "JPY", "XXQ", ""]),
    days,
)
files = st.lists(cells, min_size=1, max_size=25)


def read(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *rows])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "f.csv"
        file.write_text(text.getvalue(), newline="")
        return read_source(file, MAPPING, date(2024, 6, 1))


def plain_money(rows):
    """Money by currency, a row at a time."""
    money = Counter()
    for *_, amount, currency, _paid in rows:
        code = (currency or "EUR").upper()
        try:
            money[code] += to_minor(amount, code)
        except UsageError:
            continue
    return {code: total for code, total in money.items() if total}


@settings(max_examples=60, deadline=None)
@given(files)
def test_accepted_rejected_and_duplicates_are_what_was_read(rows):
    intake = read(rows)
    assert intake.read.rows == len(rows)
    assert intake.accepted + intake.rejected + intake.duplicates == intake.read
    assert {code: total for code, total in intake.read.amount.items() if total} == plain_money(rows)
    assert intake.rejects.height == intake.rejected.rows


@settings(max_examples=40, deadline=None)
@given(files)
def test_what_is_accepted_is_a_sound_ledger(rows):
    intake = read(rows)
    ledger = Ledger.of(intake.frames).validated()
    assert ledger.invoices.height == intake.accepted.rows
    assert ledger.payments.height + intake.shown_open.height == intake.accepted.rows
    assert ledger.invoices.join(ledger.customers, on="customer_id", how="anti").is_empty()


@settings(max_examples=40, deadline=None)
@given(files, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_but_places(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    first, second = read(rows), read(shuffled)
    assert (first.accepted, first.rejected, first.duplicates) == (second.accepted, second.rejected, second.duplicates)
    assert all(first.frames[n].sort(f.columns).equals(f.sort(f.columns)) for n, f in second.frames.items())


@given(
    st.one_of(
        st.decimals(allow_nan=False, allow_infinity=False, places=3).map(lambda d: f"{d:f}"),
        st.decimals(min_value=-(10**6), max_value=10**6, places=2).map(lambda d: f"{d:f}"),
        st.text(alphabet="0123456789.-+", max_size=8),
    ),
    st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_amounts_are_read_as_the_scalar_rule_reads_them(text, currency):
    frame = pl.DataFrame({"t": [text], "cur": [currency]})
    came = frame.select(parsing.minor_units(parsing.number_text("t", Amounts()), parsing.digits_of("cur"))).item()
    try:
        expected = to_minor(Decimal(_without_trailing_minus(text)), currency)
    except (UsageError, InvalidOperation):
        expected = None
    assert came == expected


def _without_trailing_minus(text):
    return f"-{text[:-1]}" if text.endswith("-") and not text.startswith("-") and len(text) > 1 else text
