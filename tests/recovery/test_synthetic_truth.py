"""The truth of a synthetic world holds: what was sampled follows it, and its parameters can be found again."""

import numpy as np
import polars as pl
import pytest

from riskpay.sources.synthetic.hazards import UNPAID, Effort, Intent, sampled_intent, survival
from riskpay.sources.synthetic.outcomes import CURVE_DAYS, KINDS
from riskpay.sources.synthetic.scenario import GRID
from riskpay.sources.synthetic.world import synthesise


@pytest.fixture(scope="module", params=sorted(GRID))
def large(request):
    sizes = {"thin_history": 3000}
    return synthesise(sizes.get(request.param, 900), 24, seed=5, scenario=GRID[request.param])


def late_days(world):
    return world.truth.select(days=(pl.col("paid_on") - pl.col("due_date")).dt.total_days().fill_null(UNPAID))["days"]


def test_sampled_late_shares_agree_with_the_true_probabilities_in_every_bin(large):
    p = large.truth["p_late"].to_numpy()
    late = large.truth["late"].to_numpy()
    edges = np.quantile(p, np.linspace(0, 1, 11))
    which = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, 9)
    for k in range(10):
        inside = which == k
        off = late[inside].mean() - p[inside].mean()
        error = np.sqrt((p[inside] * (1 - p[inside])).sum()) / inside.sum()
        assert abs(off) < 3 * error + 1e-9, (k, off, error)


@pytest.mark.parametrize("day", CURVE_DAYS)
def test_the_true_curve_is_what_was_sampled_at_each_of_its_days(large, day):
    p = large.truth[f"p_unpaid_due_{day}"].to_numpy()
    seen = (late_days(large) > day).to_numpy()
    # Items called on the same day share a call, so their outcomes vary a little more than independent ones.
    assert abs(seen.mean() - p.mean()) < 4 * np.sqrt((p * (1 - p)).sum()) / len(p)


def test_the_late_share_of_the_base_scenario_is_realistic():
    shares = [synthesise(300, 18, seed=seed).truth["late"].mean() for seed in range(3)]
    assert all(0.2 < share < 0.6 for share in shares), shares


def test_scenarios_differ_as_their_names_say():
    worlds = {name: synthesise(300, 18, seed=6, scenario=scenario) for name, scenario in GRID.items()}
    spread = {name: world.truth["p_late"].std() for name, world in worlds.items()}
    assert spread["noisy"] < 0.9 * spread["base"]
    assert worlds["thin_history"].truth.height < 0.35 * worlds["base"].truth.height

    def change(name):
        yearly = worlds[name].truth.group_by(pl.col("issue_date") >= pl.date(2025, 1, 1)).agg(pl.mean("p_late"))
        return yearly.sort("issue_date")["p_late"][1] - yearly.sort("issue_date")["p_late"][0]

    assert abs(change("base")) < 0.06
    assert change("drift") > change("base") + 0.06
    assert change("noisy_drift") > change("noisy") + 0.04


def test_mean_delays_and_scales_of_customers_come_back_from_their_payments():
    world = synthesise(600, 24, seed=8)
    days = (pl.col("paid_on") - pl.col("due_date")).dt.total_days() - pl.col("effect_days")
    found = (
        world.truth.filter(kind="plain")
        .group_by("customer_id")
        .agg(n=pl.len(), middle=days.median(), spread=(days.quantile(0.8) - days.quantile(0.2)))
        .join(world.customers_truth, on="customer_id")
        .filter((pl.col("n") >= 60) & (pl.col("pay_run") == "any business day") & (pl.col("payer_type") != "automatic"))
    )
    assert found.height > 40
    off = found["middle"] - found["mean_delay"]
    # Intent in the course of a day is paid at its end, weekends wait: about a day later.
    assert 0.5 < off.mean() < 2.0
    assert off.std() < 1.5
    # The logistic law has its 20 and 80 % points log(16) scales apart.
    ratio = found["spread"] / (np.log(16) * found["scale"])
    assert 0.85 < ratio.median() < 1.25


def test_pay_runs_come_back_from_payment_weekdays():
    world = synthesise(300, 18, seed=9)
    day = pl.col("value_date").dt.strftime("%A")
    found = world.ledger.payments.group_by("customer_id").agg(n=pl.len(), days=day.n_unique(), day=day.mode().first())
    both = found.filter(pl.col("n") >= 20).join(world.customers_truth, on="customer_id")
    weekly = both.filter(~pl.col("pay_run").is_in(["any business day", "month end"]))
    assert weekly.height > 50
    assert weekly["day"].equals(weekly["pay_run"], check_names=False)
    assert (both.filter(pay_run="any business day")["days"] > 1).all()


def test_the_response_to_a_call_comes_back_from_a_large_world():
    """Items unpaid on the day of their first call, by chance reached or not, up to the second call."""
    world = synthesise(2500, 24, seed=10)
    rows = (
        world.truth.filter(pl.col("reached_on") == pl.col("first_call_on"))
        .join(world.customers_truth.drop("mean_delay"), on="customer_id")
        .filter((pl.col("kind") == "plain") & (pl.col("pay_run") == "any business day"))
    )
    assert rows.height > 800
    issued, call = ((rows[c] - rows["due_date"]).dt.total_days().to_numpy() for c in ("issue_date", "first_call_on"))
    paid = (rows["paid_on"] - rows["due_date"]).dt.total_days().fill_null(UNPAID).to_numpy()
    intent = Intent(rows["mean_delay"].to_numpy(), rows["scale"].to_numpy(), issued)
    # Paid within a week, which ends on the call's own weekday, so on a business day, and before any other call.
    days = np.stack([call, call + 7], axis=1)

    def log_likelihood(strength):
        effort = Effort(
            call[:, None],
            np.ones((len(call), 1)),
            1 + strength * (rows["kappa"].to_numpy() - 1),
            strength * rows["alpha"].to_numpy(),
            rows["half_life"].to_numpy(),
        )
        curve = survival(intent, effort, days)
        stays = np.clip(curve[:, 1] / curve[:, 0], 1e-9, 1 - 1e-9)
        return np.where(paid > call + 7, np.log(stays), np.log1p(-stays)).sum()

    grid = np.linspace(0, 2, 41)
    found = grid[np.argmax([log_likelihood(strength) for strength in grid])]
    assert 0.75 < found < 1.25


def test_forgotten_items_give_alpha_back():
    n, alpha = 60_000, 0.05
    rng = np.random.default_rng(12)
    effort = Effort(np.full((n, 1), 9), np.ones((n, 1)), np.full(n, 3.0), np.full(n, alpha), np.full(n, 8.0))
    intent = Intent(np.zeros(n), np.ones(n), np.full(n, -30))
    reached = np.ones((n, 1), dtype=bool)
    day = sampled_intent(intent, effort, reached, rng.standard_exponential(n), np.ones(n, dtype=bool), 240)
    first = (day == 10).mean()
    assert -np.log1p(-first) == pytest.approx(alpha, rel=0.06)


def test_kinds_come_as_often_as_their_chances(large):
    people = large.customers_truth.select("customer_id", "p_dispute", "p_forget", "p_never")
    rows = large.truth.join(people, on="customer_id")
    for kind, chance in zip(KINDS[1:], ("p_dispute", "p_forget", "p_never"), strict=True):
        p = rows[chance].to_numpy()
        assert abs((rows["kind"] == kind).mean() - p.mean()) < 4 * np.sqrt((p * (1 - p)).sum()) / len(p), kind
