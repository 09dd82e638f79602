"""The best observable predictor: calibrated, better than naive, looking at nothing it may not know."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from riskpay.errors import NotThereError
from riskpay.ledger.tables import ITEM_KEY
from riskpay.sources.synthetic import oracle
from riskpay.sources.synthetic.oracle import oracle_p_late
from riskpay.sources.synthetic.scenario import GRID
from riskpay.sources.synthetic.world import World, synthesise


def asked(world, n, seed=1):
    late_half = world.truth.filter(pl.col("issue_date") >= world.start + (world.as_of - world.start) / 2)
    return late_half.sample(min(n, late_half.height), seed=seed)


def questions(rows):
    return rows.select(*ITEM_KEY, as_of="issue_date")


@pytest.mark.parametrize("name", sorted(GRID))
def test_the_oracle_is_calibrated_and_beats_the_shrunk_late_share(name):
    world = synthesise(150, 18, seed=3, scenario=GRID[name])
    rows = asked(world, 400)
    p = oracle_p_late(world, questions(rows))
    true = rows["p_late"].to_numpy()
    assert ((p >= 0) & (p <= 1)).all()
    assert abs((p - true).mean()) < 0.015
    assert np.abs(p - true).mean() < (0.1 if name == "thin_history" else 0.05)
    naive = shrunk_share(world, rows)
    assert np.abs(p - true).mean() < 0.6 * np.abs(naive - true).mean()
    late = rows["late"].to_numpy()
    assert ((p - late) ** 2).mean() < ((naive - late) ** 2).mean()


def shrunk_share(world, rows):
    """Late share of the customer's earlier items that are settled by the day, shrunk with weight 5."""
    paid = world.truth.select("customer_id", "paid_on", "late")
    overall = world.truth["late"].mean()
    past = rows.join(paid, on="customer_id", suffix="_past").filter(
        pl.col("paid_on_past") + pl.duration(days=2) < pl.col("issue_date")
    )
    sums = past.group_by(ITEM_KEY).agg(n=pl.len(), k=pl.sum("late_past"))
    both = rows.join(sums, on=ITEM_KEY, how="left", maintain_order="left").fill_null(0)
    return ((both["k"] + 5 * overall) / (both["n"] + 5)).to_numpy()


@pytest.fixture(scope="module")
def world():
    return synthesise(60, 14, seed=21)


@pytest.mark.parametrize("cut", ["start", "end"])
def test_what_becomes_known_later_changes_no_answer(world, cut):
    rows = asked(world, 80)
    day = rows["issue_date"].sort()[len(rows) // 2]
    earlier = questions(rows.filter(pl.col("issue_date") <= day))
    frames = world.ledger.frames()
    own = world.truth.filter(pl.col("issue_date") <= day)
    cutoff = pl.lit(day)
    kept = {
        name: frame.filter(pl.col("known_on") < cutoff if cut == "start" else pl.col("known_on") <= cutoff)
        for name, frame in frames.items()
        if "known_on" in frame.columns and name != "invoices"
    }
    people = frames["customers"].filter(pl.col("valid_from") <= cutoff)
    ledger = world.ledger.with_tables(
        **kept, customers=people, invoices=frames["invoices"].filter(pl.col("issue_date") <= cutoff)
    )
    shorter = World(ledger, own, world.customers_truth, world.start, world.as_of, world.scenario)
    last_day = earlier.filter(pl.col("as_of") == cutoff)
    assert last_day.height
    assert np.array_equal(oracle_p_late(shorter, last_day, cut), oracle_p_late(world, last_day, cut))


def test_an_item_still_unpaid_near_its_due_date_is_more_likely_late_and_one_past_it_is(world):
    rows = asked(world, 150).filter(pl.col("due_date") + timedelta(days=3) < world.as_of)
    unpaid = rows.filter(pl.col("late"))
    at_issue = oracle_p_late(world, questions(unpaid))
    at_due = oracle_p_late(world, unpaid.select(*ITEM_KEY, as_of="due_date"), "end")
    past = oracle_p_late(world, unpaid.select(*ITEM_KEY, as_of=pl.col("due_date") + timedelta(days=1)), "end")
    assert at_due.mean() > at_issue.mean()
    assert (past == 1.0).all()


def test_answers_come_in_the_order_of_the_questions(world):
    rows = questions(asked(world, 40))
    assert np.array_equal(oracle_p_late(world, rows.reverse()), oracle_p_late(world, rows)[::-1])


def test_the_latent_truth_is_not_looked_at(world):
    rows = questions(asked(world, 40))
    blind = World(
        world.ledger,
        world.truth.with_columns(pl.lit(0.5).alias("p_late"), late=pl.lit(value=False), mean_delay=pl.lit(0.0)),
        world.customers_truth.clear(),
        world.start,
        world.as_of,
        world.scenario,
    )
    assert np.array_equal(oracle_p_late(blind, rows), oracle_p_late(world, rows))


def test_taking_every_kth_item_of_a_large_customer_makes_nobody_look_late(monkeypatch):
    monkeypatch.setattr(oracle, "_MOST", 120)
    off = []
    for seed in range(30, 34):
        big = synthesise(40, 14, seed=seed)
        rows = asked(big, 200).filter(customer_id="C00001")
        off.append((oracle_p_late(big, questions(rows)) - rows["p_late"].to_numpy()).mean())
    assert abs(np.mean(off)) < 0.03


def test_an_item_that_is_not_there_is_said_so(world):
    unknown = questions(asked(world, 1)).with_columns(invoice_id=pl.lit("INV9999999"))
    with pytest.raises(NotThereError, match="not in the world"):
        oracle_p_late(world, unknown)
