"""The certificate by hand: what was told beside what happened, in all and by slice."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from riskpay.model.certificate import CLOSE, LEAST, LEAST_CUSTOMERS, certify
from riskpay.model.hindsight import NEVER, Hindsight
from riskpay.model.pay_days import NOMINAL, PayDayLevels

DAYS = (date(2025, 1, 1), date(2025, 2, 1), date(2025, 6, 1))


def asked(customers, paid_in, unpaid, *, p_late=0.5, late=False, at_issue=True, watched=400):
    """Questions whose curve stays at ``unpaid`` from day 1 on."""
    n = len(customers)
    rows = pl.DataFrame(
        {
            "company_id": ["1"] * n,
            "customer_id": customers,
            "at_issue": pl.Series(np.broadcast_to(at_issue, n)),
            "settled_count": [20] * n,
            "late_share": [0.1] * n,
            "at": [-30] * n,
            "p_late": pl.Series(np.broadcast_to(p_late, n), dtype=pl.Float64),
            "paid_in": pl.Series(paid_in, dtype=pl.Int64),
            "watched": pl.Series(np.broadcast_to(watched, n), dtype=pl.Int64),
            "late": pl.Series(np.broadcast_to(late, n), dtype=pl.Boolean),
        }
    )
    curves = np.ones((n, 181), dtype=np.float32)
    curves[:, 1:] = unpaid
    return Hindsight(rows, curves)


def line(certificate, chance, by="all", name="all"):
    return next(found for found in certificate.lines if (found.chance, found.by, found.slice) == (chance, by, name))


def test_told_and_seen_by_hand():
    found = asked(["a", "a", "b", "c"], [5, 40, 40, 5], 0.25, late=np.array([True, True, False, False]))
    certificate = certify(found, PayDayLevels(), {"segment": pl.Series(["x", "x", "y", "y"])}, DAYS)
    whole = line(certificate, "p_unpaid_7")
    assert (whole.questions, whole.customers, whole.told, whole.seen) == (4, 3, 0.25, 0.5)
    # Residuals less their mean .25 by customer: a -.5 + .5, b .5, c -.5; three customers.
    assert whole.standard_error == pytest.approx(np.sqrt(1.5 * (0.5**2 + 0.5**2)) / 4)
    assert line(certificate, "p_unpaid_60").seen == 0.0
    assert line(certificate, "p_late", "segment", "x").seen == 1.0
    assert line(certificate, "p_late", "segment", "y").seen == 0.0
    assert line(certificate, "p_late", "record", "reliable").questions == 4
    assert whole.holds is None, "four questions say nothing"


def test_what_is_not_decided_does_not_count():
    found = asked(["a", "b", "c"], [5, NEVER, NEVER], 0.5, watched=np.array([3, 10, 40]))
    certificate = certify(found, PayDayLevels(), {}, DAYS)
    assert [line(certificate, f"p_unpaid_{day}").questions for day in (7, 30, 60, 90)] == [2, 1, 0, 0]


def test_lateness_is_asked_at_issue():
    found = asked(["a", "b"], [5, 5], 0.5, at_issue=np.array([True, False]))
    assert line(certify(found, PayDayLevels(), {}, DAYS), "p_late").questions == 1


def many(p, share, customers=200, each=5):
    """``customers`` with items late by ``share``, told ``p``."""
    n = customers * each
    late = np.random.default_rng(1).random(n) < share
    owners = [str(k // each) for k in range(n)]
    return asked(owners, np.where(late, 40, 5), 0.5, p_late=p, late=late)


@pytest.mark.parametrize(("p", "share", "holds"), [(0.4, 0.4, True), (0.4, 0.55, False)])
def test_it_holds_or_not(p, share, holds):
    certificate = certify(many(p, share), PayDayLevels(), {}, DAYS)
    assert line(certificate, "p_late").holds is holds
    assert line(certificate, "p_late").ece == pytest.approx(abs(line(certificate, "p_late").seen - p), abs=0.1)


def test_a_small_difference_holds_however_sure():
    found = many(0.5, 0.5, customers=LEAST)
    seen = float(found.rows["late"].mean())
    near = replace(found, rows=found.rows.with_columns(p_late=pl.lit(seen - CLOSE + 1e-6)))
    assert line(certify(near, PayDayLevels(), {}, DAYS), "p_late").holds is True


def test_intervals_are_held_against_their_share():
    # Nine tenths are paid on day 1, so each interval is that day alone.
    found = asked([str(k) for k in range(100)], [1] * 70 + [50] * 30, 0.05)
    between = line(certify(found, PayDayLevels(), {}, DAYS), "pay_between")
    assert (between.told, between.seen, between.ece) == (pytest.approx(NOMINAL), pytest.approx(0.7), None)
    assert between.holds is True, "seven in ten of a hundred is within three standard errors of eight"


def test_as_json():
    said = certify(many(0.4, 0.4), PayDayLevels(), {}, DAYS).to_json()
    assert (said["first"], said["last"], said["until"]) == ("2025-01-01", "2025-02-01", "2025-06-01")
    assert said["holds"] is False, "the curve said that half stay unpaid for ever"
    assert {"chance", "by", "slice", "questions", "told", "seen", "ece", "holds"} <= set(said["lines"][0])


def test_without_questions_it_says_nothing():
    assert certify(asked([], [], 0.5), PayDayLevels(), {}, DAYS).holds is None


@pytest.mark.parametrize(("customers", "holds"), [(LEAST_CUSTOMERS - 1, None), (LEAST_CUSTOMERS, False)])
def test_few_customers_who_are_all_far_off_do_not_hold(customers, holds):
    """However few they are, an error that counts how far off they all are would let any difference hold."""
    certificate = certify(many(0.1, 0.9, customers, each=20), PayDayLevels(), {}, DAYS)
    assert line(certificate, "p_late").holds is holds
    assert line(certificate, "p_late").standard_error < 0.05


def test_one_customer_has_no_error():
    alone = line(certify(many(0.1, 0.9, customers=1, each=60), PayDayLevels(), {}, DAYS), "p_late")
    assert (alone.standard_error, alone.holds) == (None, None)


def test_parts_are_told_in_the_order_of_their_categories():
    sizes = pl.Series(["under 100", "100 to 1,000", "under 100"], dtype=pl.Enum(["under 100", "100 to 1,000"]))
    certificate = certify(asked(["a", "b", "c"], [5, 5, 5], 0.5), PayDayLevels(), {"size": sizes}, DAYS)
    told = [found.slice for found in certificate.lines if (found.chance, found.by) == ("p_late", "size")]
    assert told == ["under 100", "100 to 1,000"]
