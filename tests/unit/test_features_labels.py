"""What was asked of an item and when, and what had been decided by a day."""

from datetime import date, timedelta

import polars as pl
import pytest

from riskpay.errors import UsageError
from riskpay.features.labels import Grid, intervals, landmarks, outcomes, person_period

ISSUED, DUE = date(2024, 5, 1), date(2024, 6, 1)
GRID = Grid((0, 3, 7))
FAR = date(2025, 1, 1)


def after(days):
    return DUE + timedelta(days=days)


def item(invoice, settled=None, by="cash"):
    settled_on = None if settled is None else after(settled)
    return {"company_id": "1", "invoice_id": invoice, "instalment": 1, "settled_on": settled_on, "settled_by": by}


def items(*rows):
    schema = {"instalment": pl.Int32, "settled_on": pl.Date, "settled_by": pl.String}
    return pl.DataFrame(rows, schema_overrides=schema)


def asked(invoice="a", at=-31):
    """A question so many days from the due date."""
    row = {"company_id": "1", "invoice_id": invoice, "instalment": 1, "as_of": after(at), "due_date": DUE}
    return pl.DataFrame([row | {"at_issue": at == -31}], schema_overrides={"instalment": pl.Int32})


def paid(frame):
    return dict(zip(frame["interval"], frame["paid"], strict=True))


def test_grace_days_end_the_first_interval():
    assert Grid.with_grace(0) == Grid()
    assert Grid.with_grace(5).ends == (5, 7, 15, 30, 60, 90, 180)
    assert Grid.with_grace(5, (3, 10, 30, 60, 90)).ends == (5, 10, 30, 60, 90)


@pytest.mark.parametrize("ends", [(), (0, 0), (3, 1)])
def test_ends_that_do_not_ascend_are_refused(ends):
    with pytest.raises(UsageError, match="each must lie after the one before"):
        Grid(ends)


@pytest.mark.parametrize(
    ("grace", "ends", "said"),
    [
        (0, (3, 30), "lack 60 and 90"),
        (30, (30,), "lack 60 and 90"),
        (0, (30, 90, 60), "each must lie after"),
        (90, (30, 60, 90), "all lie within the 90 grace days"),
    ],
)
def test_a_grid_that_cannot_say_what_is_asked_of_it_is_refused(grace, ends, said):
    with pytest.raises(UsageError, match=said):
        Grid.with_grace(grace, ends)


def test_a_question_past_due_begins_inside_its_interval():
    rows = intervals(asked(at=2), GRID)
    assert rows.select("interval", "interval_start", "interval_end", "interval_days", "first").rows() == [
        (1, 2, 3, 1, True),
        (2, 3, 7, 4, False),
    ]


def test_an_item_has_rows_up_to_the_interval_in_which_it_is_paid():
    on_time = person_period(asked(), items(item("a", 0)), GRID, FAR, 2)
    late = person_period(asked(), items(item("a", 2)), GRID, FAR, 2)
    never = person_period(asked(), items(item("a")), GRID, FAR, 2)
    assert (paid(on_time), paid(late), paid(never)) == (
        {0: True},
        {0: False, 1: True},
        {0: False, 1: False, 2: False},
    )


@pytest.mark.parametrize(("before", "there"), [(2, False), (3, True)])
def test_an_interval_counts_once_its_end_and_the_posting_lag_have_passed_paid_or_not(before, there):
    for settled in (-20, None):
        rows = person_period(asked(), items(item("a", settled)), GRID, after(before), 2)
        assert bool(rows.height) is there


@pytest.mark.parametrize("by", ["credit", "write_off", "mixed"])
def test_a_competing_event_ends_the_rows_before_its_interval(by):
    assert paid(person_period(asked(), items(item("a", 2, by)), GRID, FAR, 2)) == {0: False}


def test_an_item_is_asked_at_issue_and_while_it_is_known_to_be_open():
    key = {"company_id": ["1"] * 2, "invoice_id": ["a"] * 2, "instalment": pl.Series([1, 1], dtype=pl.Int32)}
    days = {"issue_date": [ISSUED] * 2, "due_date": [DUE] * 2, "known_on": [ISSUED, after(5)]}
    found = landmarks(pl.DataFrame({**key, **days, "settled": [False, True]}), FAR)
    assert found.select("as_of", "at_issue").rows() == [
        (ISSUED, True),
        (after(-7), False),
        (after(1), False),
        (after(4), False),
    ]
    states = pl.DataFrame({**key, **days, "settled": [False, True]})
    assert landmarks(states, after(1)).height == 2
    assert landmarks(states, FAR, (2, -20)).filter(~pl.col("at_issue"))["as_of"].to_list() == [after(-20), after(2)]
    assert landmarks(states, FAR, ())["at_issue"].to_list() == [True]


@pytest.mark.parametrize(("settled", "late"), [(0, False), (1, True), (None, True)])
def test_late_is_paid_after_the_day_or_not_at_all(settled, late):
    assert outcomes(asked(), items(item("a", settled)), 0, FAR, 2)["happened"].to_list() == [late]


def test_what_may_be_paid_and_not_yet_posted_is_not_yet_late():
    unpaid = items(item("a"))
    assert outcomes(asked(), unpaid, 0, after(2), 2).is_empty()
    assert outcomes(asked(), unpaid, 0, after(3), 2)["happened"].to_list() == [True]


def test_a_credit_note_in_time_is_neither_late_nor_in_time():
    assert outcomes(asked(), items(item("a", -3, "credit")), 0, FAR, 2).is_empty()
    assert outcomes(asked(), items(item("a", 9, "credit")), 0, FAR, 2)["happened"].to_list() == [True]
