"""Wide files: what is accepted, rejected and repeated, and the tables that come of it."""

from datetime import date

import pytest

from riskpay import yamlfile
from riskpay.errors import SourceError
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import open_items, unapplied
from riskpay.sources.intake import read_source
from riskpay.sources.mapping import Mapping

DAY = date(2024, 6, 1)
HEADER = "company,customer,name,invoice,kind,issued,due,amount,cur,paid,open,changed,disputed"
MAPPING = """\
name: shop
load: full
columns:
  company_id: [company]
  customer_id: [customer, Cust No]
  customer_name: [name]
  invoice_id: [invoice]
  document_type: [kind]
  issue_date: [issued]
  due_date: [due]
  amount: [amount]
  currency: [cur]
  settled_on: [paid]
  open_flag: [open]
  change_date: [changed]
  disputed_on: [disputed]
dates: {formats: ["%Y-%m-%d"], earliest_year: 2000, latest_year: 2050}
amounts: {negative: credit_note}
ids: {strip_leading_zeros: [customer_id], strip_point_zero: [invoice_id]}
document_types: {RV: invoice, CN: credit_note}
companies:
  A: {name: A Ltd, currency: USD, country: US, time_zone: America/New_York}
  J: {name: J KK, currency: JPY, country: JP, time_zone: Asia/Tokyo}
tolerances: {payment_before_issue_days: 3, due_before_issue_days: 1}
posting_lag_days: 2
"""


def row(**changes):
    """A good, paid row with some fields changed."""
    good = {
        "company": "A", "customer": "007", "name": "Bond", "invoice": "1.0", "kind": "RV", "issued": "2024-01-10",
        "due": "2024-02-09", "amount": "100.00", "cur": "USD", "paid": "2024-02-12", "open": "0", "changed": "",
        "disputed": "",
    }  # fmt: skip
    return ",".join({**good, **changes}.values())


@pytest.fixture
def intake(tmp_path):
    def read(*rows, mapping=MAPPING, header=HEADER):
        file = tmp_path / "shop.csv"
        file.write_text("\n".join([header, *rows]) + "\n")
        return read_source(file, yamlfile.read(mapping, Mapping), DAY)

    return read


def test_a_paid_row_is_an_invoice_a_payment_and_its_allocation(intake):
    frames = intake(row()).frames
    invoice, payment, allocation = (frames[n].row(0, named=True) for n in ("invoices", "payments", "allocations"))
    assert (invoice["customer_id"], invoice["invoice_id"], invoice["amount"]) == ("7", "1", 10_000)
    assert (invoice["known_on"], payment["known_on"]) == (date(2024, 1, 10), date(2024, 2, 14))
    assert (payment["value_date"], payment["amount"]) == (date(2024, 2, 12), 10_000)
    assert (allocation["source_id"], allocation["source_type"]) == (payment["payment_id"], "payment")
    Ledger.of(frames).validated()


def test_an_open_row_is_an_invoice_only(intake):
    read = intake(row(paid="", open="1"))
    assert read.frames["payments"].is_empty()
    assert read.shown_open.rows() == [("A", "1", 1)]


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"issued": "yesterday"}, "issue_date", "not a day"),
        ({"issued": ""}, "issue_date", "day is empty"),
        ({"due": "1924-02-09"}, "due_date", "not within 2000 to 2050"),
        ({"due": "24-02-09"}, "due_date", "not within 2000 to 2050"),
        ({"paid": "2124-02-09"}, "settled_on", "not within 2000 to 2050"),
        ({"due": "2024-01-08"}, "due_date", "due before issue by more than 1 days"),
        ({"paid": "2024-01-06"}, "settled_on", "payment before issue by more than 3 days"),
        ({"cur": "XYZ"}, "currency", "not in ISO 4217"),
        ({"amount": "NaN"}, "amount", "not finite"),
        ({"amount": "-inf"}, "amount", "not finite"),
        ({"amount": "ten"}, "amount", "not a number"),
        ({"amount": ""}, "amount", "amount is empty"),
        ({"amount": "0.00"}, "amount", "amount is zero"),
        ({"amount": "1.005"}, "amount", "more digits than its currency"),
        ({"company": "J", "cur": "JPY", "amount": "1.5"}, "amount", "more digits than its currency"),
        ({"amount": "99999999999999999"}, "amount", "too large"),
        ({"customer": " "}, "customer_id", "customer is empty"),
        ({"invoice": ""}, "invoice_id", "document number is empty"),
        ({"company": "B"}, "company_id", "unknown company; the mapping has A, J"),
        ({"kind": "ZZ"}, "document_type", "unknown kind of document; the mapping has RV, CN"),
        ({"open": "1"}, "settled_on", "open by its flag, but it has a day of payment"),
        ({"paid": ""}, "settled_on", "settled by its flag, but it has no day of payment"),
        ({"changed": "2024-01-01"}, "change_date", "change before issue"),
    ],
)
def test_a_faulty_row_keeps_file_line_column_value_and_reason(intake, changes, column, reason):
    read = intake(row(invoice="9"), row(**changes))
    assert (read.read.rows, read.accepted.rows, read.rejected.rows) == (2, 1, 1)
    rejected = read.rejects.row(0, named=True)
    assert (rejected["file"], rejected["line"], rejected["column"]) == ("shop.csv", 3, column)
    assert reason in rejected["reason"]
    assert (rejected["value"] or "").strip() in {*(v.strip() for v in changes.values()), "2024-02-12"}
    assert read.frames["invoices"].height == read.frames["payments"].height == 1


def test_marks_in_the_wrong_place_are_named_and_what_is_allowed(intake):
    mapping = MAPPING.replace("{negative: credit_note}", "{decimal: '.', thousands: \"'\"}")
    read = intake(row(amount="12'50"), row(invoice="2", amount="1'250.00"), mapping=mapping)
    assert read.accepted.amount == {"USD": 125_000}
    assert read.rejects.select("column", "value").rows() == [("amount", "12'50")]
    assert read.rejects["reason"].item() == (
        "marks stand where they may not; allowed: decimal mark '.', "
        'between thousands "\'" before groups of three digits or not at all'
    )


def test_days_within_the_tolerance_are_let_through(intake):
    assert intake(row(paid="2024-01-07"), row(invoice="2", due="2024-01-09")).accepted.rows == 2


def test_repeats_are_counted_apart_and_names_are_no_content(intake):
    read = intake(row(), row(name="Bond Ltd"), row(invoice="2"))
    assert (read.accepted.rows, read.duplicates.rows, read.rejected.rows) == (2, 1, 0)
    assert read.duplicates.amount == {"USD": 10_000}


def test_one_number_with_different_content_is_rejected_in_all_its_rows(intake):
    read = intake(row(), row(amount="100.01"), row(), row(invoice="2"))
    assert (read.accepted.rows, read.duplicates.rows, read.rejected.rows) == (1, 0, 3)
    assert read.rejects["line"].to_list() == [2, 3, 4]
    assert read.rejects["reason"].unique().to_list() == ["the same id with different content in one load"]


def test_another_issue_day_makes_no_other_document(intake):
    open_row = {"paid": "", "open": "1"}
    read = intake(row(**open_row), row(**open_row, issued="2024-01-11", amount="900.00"), row(invoice="2"))
    assert (read.accepted.rows, read.rejected.rows) == (1, 2)
    assert read.rejects["reason"].unique().to_list() == ["the same id with different content in one load"]


def test_a_day_of_change_that_is_the_issue_day_makes_no_other_version(intake):
    changed = row(due="2024-03-01", changed="2024-01-10")
    assert (intake(row(), changed).rejected.rows, intake(row(), row(changed="2024-01-10")).duplicates.rows) == (2, 1)


def test_the_same_number_in_two_companies_is_two_documents(intake):
    assert intake(row(), row(company="J", cur="JPY", amount="7")).accepted.amount == {"JPY": 7, "USD": 10_000}


def test_money_that_cannot_be_read_is_counted_as_a_row_without_money(intake):
    read = intake(row(amount="ten"), row(cur="XYZ"), row(), row(invoice="2", due="bad"))
    assert read.read.rows == 4
    assert read.read.amount == {"USD": 20_000}
    assert read.rejected.amount == {"USD": 10_000}


def test_a_settled_credit_note_counts_until_it_was_used(intake):
    ledger = Ledger.of(intake(row(paid="", open="1"), row(invoice="2", amount="-30.00")).frames).validated()
    before, after = date(2024, 2, 13), date(2024, 2, 14)
    assert unapplied(ledger, before)["unapplied_amount"].to_list() == [3_000]
    assert unapplied(ledger, after).is_empty()
    assert open_items(ledger, after)["open_amount"].to_list() == [10_000]
    versions = ledger.invoices.filter(document_type="credit_note").sort("known_on")
    assert versions["status"].to_list() == ["active", "used"]


def test_a_row_with_a_change_date_is_a_later_version(intake):
    read = intake(row(paid="", open="1"), row(paid="", open="1", due="2024-03-01", changed="2024-01-20"))
    assert read.frames["invoices"].select("due_date", "known_on").sort("known_on").rows() == [
        (date(2024, 2, 9), date(2024, 1, 10)),
        (date(2024, 3, 1), date(2024, 1, 20)),
    ]


def test_a_dated_dispute_becomes_one(intake):
    dispute = intake(row(paid="", open="1", disputed="2024-02-01")).frames["disputes"].row(0, named=True)
    assert (dispute["invoice_id"], dispute["opened_on"], dispute["status"]) == ("1", date(2024, 2, 1), "open")


def test_the_most_frequent_name_is_kept(intake):
    read = intake(row(name="X"), row(invoice="2", name="B"), row(invoice="3", customer="7", name="B"))
    assert read.frames["customers"].select("customer_id", "name").rows() == [("7", "B")]


def test_headers_match_without_case_spaces_and_underscores(intake):
    assert intake(row(), header=HEADER.replace("customer", "CUST_NO")).accepted.rows == 1


def test_a_missing_column_names_what_is_accepted_and_what_came(intake):
    with pytest.raises(SourceError, match=r"lacks amount \(accepted headers: amount\)\. Its columns are: company, "):
        intake(row(), header=HEADER.replace("amount", "sum"))


def test_a_header_that_stands_twice(intake):
    with pytest.raises(SourceError, match="has the header 'due' 2 times"):
        intake(row(), header=HEADER.replace("name", "due"))


def test_a_header_only(intake):
    with pytest.raises(SourceError, match="a header and no rows"):
        intake()


def test_an_optional_column_may_be_absent(intake):
    header = HEADER.replace("name", "other").replace("changed", "more")
    assert intake(row(), header=header).frames["customers"]["name"].to_list() == [None]


def test_a_folder_is_read_as_one_source(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(f"{HEADER}\n{row()}\n")
    read = read_source(tmp_path, yamlfile.read(MAPPING, Mapping), DAY)
    assert (read.accepted.rows, read.duplicates.rows) == (1, 1)


def test_the_original_highradius_layout(tmp_path):
    file = tmp_path / "original.csv"
    file.write_text(
        "business_code,cust_number,name_customer,clear_date,buisness_year,doc_id,posting_date,document_create_date,"
        "document_create_date.1,due_in_date,invoice_currency,document type,posting_id,area_business,total_open_amount,"
        "baseline_create_date,cust_payment_terms,invoice_id,isOpen\n"
        "U001,0200000001,SHOP us,,2020.0,1990000001.0,2020-03-30,20200330,20200330,20200414.0,USD,RV,1.0,,10.5,"
        "20200330.0,NAA8,1990000001.0,1\n"
        "U001,0200000001,SHOP,2020-01-10 00:00:00,2019.0,9500000001.0,2019-12-30,20191229,20191230,20200114.0,USD,X2,"
        "1.0,,20.0,20191230.0,NAA8,,0\n"
    )
    from riskpay.sources.mapping import load_mapping  # noqa: PLC0415 - only this test needs a built-in mapping

    read = read_source(file, load_mapping("highradius"), DAY)
    assert read.rejects.is_empty()
    assert sorted(read.frames["invoices"]["invoice_id"]) == ["1990000001", "9500000001"]
    assert read.shown_open["invoice_id"].to_list() == ["1990000001"]
    assert read.frames["customers"].select("customer_id", "debtor_type", "country").rows() == [
        ("200000001", "company", "US")
    ]
