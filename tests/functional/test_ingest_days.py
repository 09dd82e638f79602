"""Monday's export and Tuesday's: new versions, payments, payments taken back, and what vanishes."""

from datetime import date

import polars as pl
import pytest

from riskpay import yamlfile
from riskpay.ledger.open_items import items, open_items, unapplied
from riskpay.sources.mapping import Mapping
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest

MONDAY, TUESDAY, WEDNESDAY = (date(2024, 6, day) for day in (3, 4, 5))
MAPPING = yamlfile.read(
    """\
name: shop
load: full
columns:
  customer_id: [customer]
  invoice_id: [invoice]
  issue_date: [issued]
  due_date: [due]
  amount: [amount]
  settled_on: [paid]
  disputed_on: [disputed]
companies:
  "1": {name: We, currency: EUR, country: DE, time_zone: Europe/Berlin}
posting_lag_days: 2
""",
    Mapping,
)
A = "c1,A,2024-05-01,2024-05-31,100.00,,"
A_PAID = "c1,A,2024-05-01,2024-05-31,100.00,2024-06-03,"
B = "c1,B,2024-05-02,2024-06-01,50.00,,"
B_REDATED = "c1,B,2024-05-02,2024-07-01,50.00,,"
C = "c2,C,2024-05-03,2024-06-02,70.00,,"


@pytest.fixture
def load(tmp_path):
    def run(day, *rows):
        file = tmp_path / "export.csv"
        file.write_text("\n".join(["customer,invoice,issued,due,amount,paid,disputed", *rows]) + "\n")
        return ingest(tmp_path / "home", file, MAPPING, day)

    run.files = LedgerFiles(tmp_path / "home")
    run.home = tmp_path / "home"
    return run


def open_on(ledger, day):
    return open_items(ledger, day).select("invoice_id", "due_date", "open_amount").rows()


def test_a_paid_invoice_and_a_redated_one(load):
    load(MONDAY, A, B, C)
    result = load(TUESDAY, A_PAID, B_REDATED, C)
    ledger = load.files.current().validated()
    assert (result.load.added, result.load.changed, result.load.vanished) == (2, 1, 0)
    c = ("C", date(2024, 6, 2), 7_000)
    a, b = ("A", date(2024, 5, 31), 10_000), ("B", date(2024, 6, 1), 5_000)
    assert open_on(ledger, MONDAY) == [a, b, c], "Tuesday's news is not known on Monday"
    assert open_on(ledger, TUESDAY) == [a, ("B", date(2024, 7, 1), 5_000), c], "cash is known two days after its day"
    assert open_on(ledger, WEDNESDAY) == [("B", date(2024, 7, 1), 5_000), c]


def test_the_same_export_twice_changes_nothing(load):
    first = load(MONDAY, A_PAID, B, C)
    again = load(TUESDAY, A_PAID, B, C)
    assert (again.load.added, again.load.changed, again.load.data_version) == (0, 0, first.load.data_version)


def test_the_order_of_rows_makes_no_difference(load, tmp_path):
    first = load(MONDAY, A_PAID, B, C)
    file = tmp_path / "other.csv"
    file.write_text(f"customer,invoice,issued,due,amount,paid,disputed\n{C}\n{B}\n{A_PAID}\n")
    assert ingest(tmp_path / "other", file, MAPPING, MONDAY).load.data_version == first.load.data_version


def test_what_vanishes_is_reported_and_stays_open(load):
    load(MONDAY, A, B, C)
    result = load(TUESDAY, A, B)
    assert (result.load.vanished, result.load.vanished_items.rows()) == (1, [("1", "C", 1)])
    assert ("C", date(2024, 6, 2), 7_000) in open_on(load.files.current(), WEDNESDAY)


def test_a_rejected_row_has_not_vanished(load):
    load(MONDAY, A, B)
    result = load(TUESDAY, A, B.replace("50.00", "NaN"))
    assert (result.rejected.rows, result.load.vanished) == (1, 0)


def test_a_change_on_the_day_of_the_first_load_counts_once(load):
    issued_today = "c1,D,2024-06-03,2024-07-03,10.00,,"
    load(MONDAY, issued_today)
    load(MONDAY, issued_today.replace("07-03", "07-10"))
    assert load.files.current().invoices.select("due_date", "known_on").rows() == [(date(2024, 7, 10), MONDAY)]


def test_a_date_that_goes_there_and_back_gives_three_versions(load):
    for day, row in ((MONDAY, B), (TUESDAY, B_REDATED), (WEDNESDAY, B)):
        load(day, row)
    versions = load.files.current().invoices.sort("known_on").select("due_date", "known_on").rows()
    assert versions == [
        (date(2024, 6, 1), date(2024, 5, 2)),
        (date(2024, 7, 1), TUESDAY),
        (date(2024, 6, 1), WEDNESDAY),
    ]


def test_a_payment_with_another_date_is_taken_back_and_entered_anew(load):
    load(MONDAY, A_PAID, B)
    result = load(WEDNESDAY, A_PAID.replace("06-03", "06-02"), B)
    ledger = load.files.current().validated()
    assert ledger.payments.sort("known_on").select("value_date", "amount", "known_on").rows() == [
        (date(2024, 6, 3), 10_000, WEDNESDAY),
        (date(2024, 6, 2), 10_000, WEDNESDAY),
    ]
    later = date(2024, 6, 20)
    assert items(ledger, later).filter(invoice_id="A")["settled_on"].to_list() == [date(2024, 6, 2)]
    assert unapplied(ledger, later).is_empty()
    assert (result.load.added, result.load.changed, result.load.unchanged) == (0, 2, 4)
    version = result.load.data_version
    assert load(date(2024, 6, 6), A_PAID.replace("06-03", "06-02"), B).load.data_version == version


def test_what_was_known_of_a_payment_before_it_changed_stays(load):
    load(MONDAY, A_PAID.replace("06-03", "05-20"), B)
    load(WEDNESDAY, A_PAID.replace("06-03", "05-30"), B)
    ledger = load.files.current()
    paid_on = {d: items(ledger, d).filter(invoice_id="A")["settled_on"].item() for d in (TUESDAY, WEDNESDAY)}
    assert paid_on == {TUESDAY: date(2024, 5, 20), WEDNESDAY: date(2024, 5, 30)}
    assert open_on(ledger, TUESDAY) == open_on(ledger, WEDNESDAY) == [("B", date(2024, 6, 1), 5_000)]


def test_a_payment_that_is_gone_is_taken_back_and_may_come_again(load):
    load(MONDAY, A, B.replace(",,", ",2024-05-30,", 1))
    load(TUESDAY, A, B)
    assert open_on(load.files.current(), MONDAY) == [("A", date(2024, 5, 31), 10_000)]
    assert open_on(load.files.current(), TUESDAY)[1:] == [("B", date(2024, 6, 1), 5_000)]
    paid_again = B.replace(",,", ",2024-06-04,", 1)
    version = load(WEDNESDAY, A, paid_again).load.data_version
    ledger = load.files.current().validated()
    assert open_on(ledger, WEDNESDAY)[1:] == [("B", date(2024, 6, 1), 5_000)]
    assert open_on(ledger, date(2024, 6, 6)) == [("A", date(2024, 5, 31), 10_000)]
    assert load(WEDNESDAY, A, paid_again).load.data_version == version


def test_a_payment_corrected_then_taken_back_then_paid_again(load):
    days = [date(2024, 6, day) for day in range(3, 15)]
    corrected = A_PAID.replace("06-03", "06-02")
    for day, row in zip(days, (A_PAID, corrected, A, A_PAID, A_PAID), strict=False):
        version = load(day, row, B).load.data_version
    ledger = load.files.current().validated()
    assert ledger.payments["payment_id"].sort().to_list() == ["payment:A:1", "payment:A:1~v2", "payment:A:1~v3"]
    assert items(ledger, days[-1]).filter(invoice_id="A")["settled_on"].to_list() == [date(2024, 6, 3)]
    assert [row[0] for row in open_on(ledger, date(2024, 6, 5))] == ["A", "B"], "shown as open on Wednesday"
    assert unapplied(ledger, days[-1]).is_empty()
    assert load(days[6], A_PAID, B).load.data_version == version


def test_a_dispute_goes_into_the_store_once(load):
    disputed = C.removesuffix(",") + ",2024-06-01"
    load(MONDAY, disputed)
    load(TUESDAY, disputed)
    from riskpay.store.database import Store  # noqa: PLC0415 - only this test opens the store

    with Store(load.home / "store.db") as store:
        assert store.events.frames()["disputes"].select("customer_id", "invoice_id", "opened_on").rows() == [
            ("c2", "C", date(2024, 6, 1))
        ]


def test_a_disputed_item_of_a_corrected_customer_does_not_stop_the_load(load):
    load(MONDAY, C.removesuffix(",") + ",2024-06-01")
    load(TUESDAY, C.removesuffix(",").replace("c2", "c9") + ",2024-06-01")
    from riskpay.store.database import Store  # noqa: PLC0415 - as above

    with Store(load.home / "store.db") as store:
        assert store.events.frames()["disputes"].select("customer_id", "known_on").rows() == [
            ("c2", date(2024, 6, 1)),
            ("c9", TUESDAY),
        ]


def test_events_go_to_whom_asks_for_them(tmp_path, load):
    kept = {}
    file = tmp_path / "export.csv"
    file.write_text(f"customer,invoice,issued,due,amount,paid,disputed\n{C}2024-06-01\n")
    ingest(tmp_path / "home", file, MAPPING, MONDAY, keep_events=kept.update)
    assert list(kept) == ["disputes"]
    assert isinstance(kept["disputes"], pl.DataFrame)


def test_progress_is_told(load, tmp_path):
    steps = []
    file = tmp_path / "export.csv"
    file.write_text(f"customer,invoice,issued,due,amount,paid,disputed\n{A}\n")
    ingest(tmp_path / "home", file, MAPPING, MONDAY, progress=lambda *told: steps.append(told))
    assert [done for _, done, _ in steps] == [0, 1, 2, 3]


def test_the_last_day_is_at_most_that_of_the_newest_load(load):
    paid_today = "c1,A,2024-05-01,2024-05-31,100.00,2024-06-03,"
    version = load(MONDAY, paid_today, B).load.data_version
    assert Home.open(load.home).last_day() == MONDAY, "the cash is posted on Wednesday"
    load(TUESDAY, paid_today, B)
    assert (load.files.current_version(), Home.open(load.home).last_day()) == (version, TUESDAY)
    load(MONDAY, paid_today, B)
    assert Home.open(load.home).last_day() == TUESDAY, "an older load does not turn the day back"
    load(date(2024, 6, 20), paid_today, B)
    assert Home.open(load.home).last_day() == WEDNESDAY, "nothing became known after that"


def test_an_invoice_of_the_far_future_is_rejected_and_one_of_next_week_waits(load):
    result = load(MONDAY, A, "c2,F,2042-05-01,2042-05-31,100.00,,", "c2,W,2024-06-10,2024-07-10,5.00,,")
    assert (result.accepted.rows, result.rejected.rows) == (2, 1)
    reason = "issued after 2024-06-10: more than 7 days after the load of 2024-06-03"
    assert f"3,issue_date,2042-05-01,{reason}" in result.rejects_file.read_text()
    assert Home.open(load.home).last_day() == MONDAY
    assert [row[0] for row in open_on(load.files.current(), MONDAY)] == ["A"]
