"""Family disputes worked out by hand, day by day; off unless it is asked for."""

from datetime import date, timedelta

import polars as pl
import pytest

from riskpay.features.catalogue import FEATURE_NAMES, OPTIONAL, FeatureSettings
from riskpay.features.histories import QUESTION_KEY, answer, features, gather
from riskpay.features.reference import reference
from riskpay.ledger.tables import INVOICES, ITEM_KEY

ON = FeatureSettings(disputes=True, prior_weight=2.0)
INVOICES_TEXT = """
    companies:
    company_id | name | currency | country | time_zone
    1          | One  | USD      | US      | America/New_York
    invoices:
    invoice_id | instalment | customer_id | issue_date | due_date   | amount
    I1         | 1          | C1          | 2024-01-01 | 2024-02-01 | 100.00
    I1         | 2          | C1          | 2024-01-01 | 2024-03-01 | 300.00
    I2         | 1          | C1          | 2024-01-05 | 2024-02-05 | 50.00
    I3         | 1          | C2          | 2024-01-05 | 2024-02-05 | 50.00
"""


@pytest.fixture
def said(make_ledger):
    """What is said of an item on a day: ``said(events, invoice, day, cut)`` gives the family's values by name."""

    def found(events, invoice_id, day, cut="end", instalment=1):
        ledger = make_ledger(INVOICES_TEXT + events)
        asked = pl.DataFrame([("1", invoice_id, instalment, date.fromisoformat(day))], KEY, orient="row")
        quick = features(ledger, asked, cut, ON)
        slow = reference(ledger, asked, cut, ON)
        values = quick.select(feature.name for feature in OPTIONAL).row(0, named=True)
        assert values == {n: None if slow[n].isna()[0] else pytest.approx(slow[n][0]) for n in values}
        return values

    return found


KEY = {"company_id": pl.String, "invoice_id": pl.String, "instalment": pl.Int32, "as_of": pl.Date}
REOPENED = """
    disputes:
    dispute_id | invoice_id | instalment | amount | opened_on  | until      | status   | known_on
    D1         | I1         | 1          | 25.00  | 2024-01-10 |            | open     | 2024-01-10
    D1         | I1         | 1          | 25.00  | 2024-01-10 |            | resolved | 2024-01-15
    D1         | I1         | 1          | 50.00  | 2024-01-10 | 2024-01-25 | open     | 2024-01-20
    D2         | I1         |            |        | 2024-01-12 |            | withdrawn| 2024-01-12
"""


@pytest.mark.parametrize(
    ("day", "cut", "share", "since"),
    [
        ("2024-01-10", "start", 0.0, None),
        ("2024-01-10", "end", 0.25, 0),
        ("2024-01-14", "end", 0.25, 2),
        ("2024-01-15", "start", 0.25, 2),
        ("2024-01-15", "end", 0.0, 3),
        ("2024-01-20", "start", 0.0, 7),
        ("2024-01-20", "end", 0.5, 0),
        ("2024-01-25", "start", 0.5, 4),
        ("2024-01-25", "end", 0.5, 5),
        ("2024-01-26", "start", 0.0, 5),
        ("2024-01-26", "end", 0.0, 6),
    ],
)
def test_a_dispute_opened_again_counts_until_its_hold_expires(said, day, cut, share, since):
    values = said(REOPENED, "I1", day, cut)
    assert values["disputed_share"] == share
    assert values["dispute_open"] == values["open_dispute_count"] == float(share > 0)
    assert values["days_since_dispute"] == since
    assert said(REOPENED, "I1", day, cut, instalment=2)["dispute_open"] == 0.0


@pytest.mark.parametrize(
    ("day", "cut", "is_open"),
    [("2024-01-11", "end", 0.0), ("2024-01-12", "start", 1.0), ("2024-01-12", "end", 1.0)],
)
def test_a_dispute_told_ahead_is_open_from_its_day(said, day, cut, is_open):
    events = """
    disputes:
    dispute_id | invoice_id | amount | opened_on  | status | known_on
    D1         | I3         | 25.00  | 2024-01-12 | open   | 2024-01-10
    """
    assert said(events, "I3", day, cut)["dispute_open"] == is_open


def test_contested_parts_add_up_to_the_whole_item_at_most(said):
    events = """
    disputes:
    dispute_id | invoice_id | instalment | amount | opened_on  | status
    D1         | I1         |            | 75.00  | 2024-01-10 | open
    D2         | I1         | 1          | 75.00  | 2024-01-10 | open
    D3         | I2         |            |        | 2024-01-10 | open
    """
    assert said(events, "I1", "2024-01-11")["disputed_share"] == 1.0
    assert said(events, "I1", "2024-01-11", instalment=2)["disputed_share"] == 0.25
    assert said(events, "I2", "2024-01-11")["disputed_share"] == 1.0
    assert said(events, "I3", "2024-01-11")["open_dispute_count"] == 0.0
    # C1 disputed 3 of 3 items, all customers 3 of 4; C2 none of 1.
    assert said(events, "I2", "2024-01-11")["customer_disputed_share"] == pytest.approx((3 + 2 * 0.75) / (3 + 2))
    assert said(events, "I3", "2024-01-11")["customer_disputed_share"] == pytest.approx((0 + 2 * 0.75) / (1 + 2))


PROMISED = """
    promises:
    promise_id | customer_id | invoice_id | instalment | promised_on | promised_for | status    | known_on
    R1         | C1          | I1         | 1          | 2024-01-10  | 2024-01-20   | open      | 2024-01-10
    R1         | C1          | I1         | 1          | 2024-01-10  | 2024-01-25   | open      | 2024-01-15
    R1         | C1          | I1         | 1          | 2024-01-10  | 2024-01-25   | broken    | 2024-01-30
    R2         | C1          |            |            | 2024-01-12  | 2024-01-18   | open      | 2024-01-12
    R2         | C1          |            |            | 2024-01-12  | 2024-01-18   | kept      | 2024-01-21
    R3         | C2          | I3         |            | 2024-01-12  | 2024-01-18   | open      | 2024-01-10
    R3         | C2          | I3         |            | 2024-01-12  | 2024-01-18   | withdrawn | 2024-01-21
"""


@pytest.mark.parametrize(
    ("invoice", "day", "cut", "days"),
    [
        ("I1", "2024-01-10", "start", None),
        ("I1", "2024-01-10", "end", 10),
        ("I1", "2024-01-12", "end", 8),
        ("I1", "2024-01-15", "start", 5),
        ("I1", "2024-01-15", "end", 10),
        ("I1", "2024-01-27", "end", -2),
        ("I1", "2024-01-30", "end", None),
        ("I2", "2024-01-11", "end", None),
        ("I2", "2024-01-20", "end", -2),
        ("I2", "2024-01-21", "end", None),
        ("I3", "2024-01-11", "end", None),
        ("I3", "2024-01-12", "start", 6),
        ("I3", "2024-01-21", "start", -3),
        ("I3", "2024-01-21", "end", None),
    ],
)
def test_the_last_day_promised_for_the_item_or_the_whole_account(said, invoice, day, cut, days):
    values = said(PROMISED, invoice, day, cut)
    assert values["days_to_promise"] == days
    assert values["promise_open"] == float(days is not None)


def test_broken_promises_among_those_that_ended(said):
    before, one, both = (said(PROMISED, "I2", day) for day in ("2024-01-20", "2024-01-21", "2024-01-30"))
    assert (before["broken_promise_share"], before["broken_promise_count"]) == (None, 0.0)
    assert (one["broken_promise_share"], one["broken_promise_count"]) == (0.0, 0.0)
    assert (both["broken_promise_share"], both["broken_promise_count"]) == (0.5, 1.0)
    # C2 ended none: everybody's share, and a withdrawn promise is neither kept nor broken.
    assert said(PROMISED, "I3", "2024-01-30")["broken_promise_share"] == 0.5


def test_off_by_default(make_ledger):
    ledger = make_ledger(INVOICES_TEXT + REOPENED)
    asked = ledger.invoices.select(*ITEM_KEY, as_of=pl.lit(date(2024, 1, 21)))
    found = features(ledger, asked, "end")
    assert found.columns == [*QUESTION_KEY, *FEATURE_NAMES]
    assert gather(ledger, FeatureSettings(), "end").disputes is None
    more = features(ledger, asked, "end", FeatureSettings(disputes=True))
    assert more.columns == [*QUESTION_KEY, *FEATURE_NAMES, *(feature.name for feature in OPTIONAL)]
    assert more.select(found.columns).equals(found)


def test_of_an_item_that_no_ledger_has_nothing_was_said_but_of_its_customer_all(make_ledger):
    """Its number is that of another item, which is disputed and promised."""
    ledger = make_ledger(INVOICES_TEXT + REOPENED + PROMISED)
    new = ledger.invoices.head(1).with_columns(invoice_id=pl.lit("new"))
    alone = make_ledger(INVOICES_TEXT).with_tables(invoices=INVOICES.conform(new))
    asked = new.select(*ITEM_KEY, as_of=pl.lit(date(2024, 1, 11) + timedelta(days=3)))
    known = gather(ledger, ON, "end")
    assert answer(known, ledger.invoices.head(1).select(*ITEM_KEY, as_of=asked["as_of"]))["dispute_open"][0] == 1.0
    found = answer(known.of_new(alone), asked).row(0, named=True)
    assert (found["dispute_open"], found["disputed_share"], found["open_dispute_count"]) == (0.0, 0.0, 1.0)
    # Of the two promises that are open, only the one for the whole account is about it.
    assert (found["promise_open"], found["days_to_promise"]) == (1.0, 4.0)


def test_everybodys_promises_count_also_of_customers_without_a_document(said):
    """Whether they get one later must not be known."""
    events = """
    promises:
    promise_id | customer_id | invoice_id | promised_on | promised_for | status | known_on
    R1         | C1          | I1         | 2024-01-10  | 2024-01-20   | kept   | 2024-01-21
    R2         | nobody      |            | 2024-01-10  | 2024-01-20   | broken | 2024-01-21
    """
    assert said(events, "I1", "2024-01-22")["broken_promise_share"] == pytest.approx((0 + 2 * 0.5) / (1 + 2))
    assert said(events, "I3", "2024-01-22")["broken_promise_share"] == 0.5
