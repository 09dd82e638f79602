"""Canonical folders: one file a ledger table."""

from datetime import date

import pytest

from riskpay.errors import SourceError
from riskpay.ledger.ledger import Ledger
from riskpay.sources.intake import read_source
from riskpay.sources.mapping import load_mapping

DAY = date(2024, 6, 1)
FILES = {
    "companies": "company_id,name,currency,country,time_zone\n1,We,EUR,DE,Europe/Berlin\n",
    "customers": "customer_id,name\nc1,One\nc2,Two\n",
    "invoices": "invoice_id,customer_id,issue_date,due_date,amount,currency,document_type\n"
    "i1,c1,2024-01-01,2024-01-31,1000,EUR,invoice\n"
    "i2,c2,2024-01-05,2024-02-04,2500,EUR,\n"
    "n1,c1,2024-01-10,2024-01-10,200,EUR,credit_note\n",
    "payments": "payment_id,customer_id,value_date,amount,currency\np1,c1,2024-02-01,800,EUR\n",
    "allocations": "allocation_id,source_type,source_id,invoice_id,amount,allocated_on\n"
    "a1,payment,p1,i1,800,2024-02-01\na2,credit_note,n1,i1,200,2024-01-15\n",
    "promises": "promise_id,customer_id,invoice_id,promised_on,promised_for\nq1,c2,i2,2024-02-10,2024-02-20\n",
}


@pytest.fixture
def read(tmp_path):
    def write(known=None, **changes):
        for name, text in {**FILES, **changes}.items():
            if text:
                (tmp_path / f"{name}.csv").write_text(text)
        return read_source(tmp_path, load_mapping("canonical"), DAY, known)

    return write


def test_a_folder_of_tables_with_defaults(read):
    intake = read()
    assert intake.rejects.is_empty()
    assert (intake.read.rows, intake.read.amount) == (10, {"EUR": 4500})
    ledger = Ledger.of(intake.frames).validated()
    assert ledger.invoices.filter(invoice_id="i2").row(0, named=True)["document_type"] == "invoice"
    assert ledger.payments["known_on"].to_list() == [date(2024, 2, 1)]
    assert ledger.customers["debtor_type"].unique().to_list() == ["unknown"]
    assert ledger.promises["status"].to_list() == ["open"]


def test_what_is_written_as_parquet_comes_back(read, tmp_path):
    first = read()
    folder = tmp_path / "parquet"
    folder.mkdir()
    for name, frame in first.frames.items():
        frame.write_parquet(folder / f"{name}.parquet")
    again = read_source(folder, load_mapping("canonical"), DAY)
    assert again.rejects.is_empty()
    assert all(again.frames[name].equals(frame) for name, frame in first.frames.items())


@pytest.mark.parametrize(
    ("table", "line", "column", "reason"),
    [
        ("customers", "c3,Three,extra", None, "not as many fields"),
        ("invoices", "i3,c9,2024-01-01,2024-01-31,1000,EUR,invoice", "customer_id", "unknown customer"),
        ("invoices", "i3,c1,2024-01-01,2024-01-31,10.5,EUR,invoice", "amount", "exact minor units"),
        ("invoices", "i3,c1,2024-01-01,2024-01-31,inf,EUR,invoice", "amount", "not finite"),
        ("invoices", "i3,c1,2024-01-01,2024-01-31,0,EUR,invoice", "amount", "must be at least 1"),
        ("invoices", "i3,c1,2024-01-01,2024-01-31,-5,EUR,invoice", "amount", "must be at least 1"),
        ("invoices", "i3,c1,2024-01-01,1024-01-31,5,EUR,invoice", "due_date", "year is not within"),
        ("invoices", "i3,c1,2024-06-09,2024-07-31,5,EUR,invoice", "issue_date", "issued after 2024-06-08"),
        ("invoices", "i3,c1,2024-01-01,2023-12-31,5,EUR,invoice", "due_date", "due before issue"),
        ("invoices", "i3,c1,2024-01-01,2024-01-31,5,EURO,invoice", "currency", "not in ISO 4217"),
        ("invoices", "i3,c1,2024-01-01,2024-01-31,5,EUR,bill", "document_type", "not one of invoice, credit_note"),
        ("invoices", "i3,c1,,2024-01-31,5,EUR,invoice", "issue_date", "issue_date is empty"),
        ("allocations", "a3,payment,p9,i1,1,2024-02-01", "source_id", "unknown payment"),
        ("allocations", "a3,payment,p1,i9,1,2024-02-01", "invoice_id", "unknown item"),
        ("allocations", "a3,credit_note,n9,i1,1,2024-02-01", "source_id", "unknown credit note"),
        ("promises", "q2,c2,i9,2024-02-10,2024-02-20", "invoice_id", "unknown invoice"),
    ],
)
def test_a_faulty_row_is_rejected_with_its_place(read, table, line, column, reason):
    intake = read(**{table: f"{FILES[table]}{line}\n"})
    assert (intake.read.rows, intake.rejected.rows) == (11, 1)
    rejected = intake.rejects.row(0, named=True)
    assert (rejected["file"], rejected["column"]) == (f"{table}.csv", column)
    assert rejected["line"] == FILES[table].count("\n") + 1
    assert reason in rejected["reason"]


def reasons(intake):
    return intake.rejects.select("file", "line", "column", "value", "reason").rows()


def test_allocations_beyond_their_payment_are_all_rejected(read):
    more = "a3,payment,p1,i2,1,2024-02-01\n"
    intake = read(allocations=FILES["allocations"] + more)
    said = "payment p1 has 800 minor units, and its allocations come to 801; correct the one or the others"
    assert reasons(intake) == [
        ("allocations.csv", 2, "amount", "800", said),
        ("allocations.csv", 4, "amount", "1", said),
    ]
    assert intake.accepted + intake.rejected == intake.read
    assert intake.frames["allocations"]["source_type"].to_list() == ["credit_note"]


def test_a_repeated_allocation_counts_once_and_a_credit_note_has_a_limit_too(read):
    first = FILES["allocations"].splitlines()[1]
    intake = read(allocations=f"{FILES['allocations']}{first}\na4,credit_note,n1,i2,1,2024-02-01\n")
    assert intake.duplicates.rows == 1
    assert [row[1] for row in reasons(intake)] == [3, 5]
    assert "credit note n1 has 200 minor units, and its allocations come to 201" in reasons(intake)[0][4]


def test_a_delta_is_held_to_what_was_applied_before(read):
    known = Ledger.of(read().frames)
    header = FILES["allocations"].splitlines()[0]
    more = f"{header}\na3,payment,p1,i2,1,2024-02-01\n"
    assert "come to 801" in reasons(read(known, allocations=more))[0][4]
    moved = f"{header}\na1,payment,p1,i2,800,2024-02-01\n"
    assert read(known, allocations=moved).rejects.is_empty()
    richer = FILES["payments"].replace("800", "900")
    assert read(known, allocations=more, payments=richer).rejects.is_empty()


def test_an_allocation_across_currencies_is_rejected(read):
    intake = read(payments=FILES["payments"].replace("800,EUR", "800,USD"))
    said = "its payment or credit note is in another currency than the item; enter it in the item's currency"
    assert reasons(intake) == [("allocations.csv", 2, "source_id", "p1", said)]


def test_what_refers_to_a_rejected_row_is_rejected_too(read):
    intake = read(invoices=FILES["invoices"].replace("i1,c1,2024-01-01", "i1,c1,soon"))
    assert intake.rejects.select("file", "reason").rows() == [
        ("allocations.csv", "unknown item"),
        ("allocations.csv", "unknown item"),
        ("invoices.csv", "cannot be read as a day"),
    ]


def test_repeats_and_conflicts(read):
    more = "c1,One\nc2,Zwei\n"
    intake = read(customers=FILES["customers"] + more, promises="", allocations="", payments="")
    assert intake.duplicates.rows == 1
    assert [r for r in intake.rejects["reason"] if "different content" in r] == [
        "the same id with different content in one load"
    ] * 2


def test_one_number_is_one_document_unless_each_row_states_its_day(read):
    other = "i1,c1,2024-01-03,2024-03-31,7000,EUR,invoice\n"
    intake = read(invoices=FILES["invoices"] + other, allocations="", payments="")
    assert intake.rejects.select("line", "column", "value").rows() == [(2, "invoice_id", "i1"), (5, "invoice_id", "i1")]
    dated = "invoice_id,customer_id,issue_date,due_date,amount,currency,known_on\n"
    first, second = "i1,c1,2024-01-01,2024-01-31,1000,EUR,\n", "i1,c1,2024-01-01,2024-02-28,1000,EUR,2024-01-09\n"
    versions = read(invoices=dated + first + second, allocations="", payments="", promises="").frames["invoices"]
    assert versions["known_on"].to_list() == [date(2024, 1, 1), date(2024, 1, 9)]


@pytest.mark.parametrize("days", ["2024-02-10,2024-02-20", "2024-02-11,2024-02-20"])
def test_one_promise_told_twice_with_different_content_is_rejected(read, days):
    intake = read(promises=FILES["promises"] + f"q1,c1,,{days}\n")
    assert (intake.rejected.rows, intake.frames["promises"].height) == (2, 0)


def test_a_delta_refers_to_the_ledger_so_far(read, tmp_path):
    known = Ledger.of(read().frames)
    folder = tmp_path / "delta"
    folder.mkdir()
    (folder / "payments.csv").write_text(FILES["payments"].replace("p1,c1", "p2,c2"))
    assert read_source(folder, load_mapping("canonical"), DAY, known).rejects.is_empty()
    assert read_source(folder, load_mapping("canonical"), DAY).rejects["reason"].to_list() == ["unknown customer"]


def test_an_allocation_of_a_credit_note_is_told_once_and_one_of_a_payment_may_change(read):
    known = Ledger.of(read().frames)
    assert read(known).rejects.is_empty()
    changed = FILES["allocations"].replace("i1,800", "i1,700").replace("i1,200", "i1,100")
    intake = read(known, allocations=changed)
    assert intake.rejects.select("line", "column", "value").rows() == [(3, "allocation_id", "a2")]
    assert "cancel the credit note" in intake.rejects["reason"].item()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"invoice": "a,b\n1,2\n"}, "did you mean invoices.csv"),
        ({"notes": "a,b\n1,2\n"}, "no file named after a table: companies, customers"),
        ({"customers": "customer_id,name,colour\nc1,One,red\n"}, r"unknown columns \['colour'\]"),
        ({"customers": "name,email\nOne,a@b\n"}, r"missing columns \['customer_id'\]"),
        ({"customers": "customer_id,Customer ID\nc1,c1\n"}, "two columns for customer_id"),
        ({"customers": "customer_id,name\n"}, "headers and no rows"),
    ],
)
def test_a_folder_that_cannot_be_used(tmp_path, files, said):
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    with pytest.raises(SourceError, match=said):
        read_source(tmp_path, load_mapping("canonical"), DAY)


def test_customers_may_come_as_numbers_only(read):
    assert read(customers="customer_id\nc1\nc2\n").frames["customers"]["customer_id"].to_list() == ["c1", "c2"]


def test_other_files_beside_the_tables_are_left_alone(read, tmp_path):
    (tmp_path / "truth.csv").write_text("a,b\n1,2\n")
    assert read().rejects.is_empty()


def test_a_full_export_that_applies_a_payment_anew_is_not_held_to_what_it_names_no_more(read, tmp_path):
    header, paid, *_ = FILES["allocations"].splitlines()
    first = f"{header}\n{paid.replace('800', '500')}\na3,payment,p1,i2,300,2024-02-01\n"
    known = Ledger.of(read(allocations=first).frames)
    anew = f"{header}\n{paid}\n"
    assert "come to 1100" in reasons(read(known, allocations=anew))[0][4], "a delta names what changed only"
    full = load_mapping("canonical").model_copy(update={"load": "full"})
    assert read_source(tmp_path, full, DAY, known).rejects.is_empty()
    (tmp_path / "allocations.csv").write_text(f"{anew}a3,payment\n")
    assert "come to 1100" in reasons(read_source(tmp_path, full, DAY, known))[0][4], "that line may name it"
