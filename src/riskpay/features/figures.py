"""From sums as of a day to the catalogue's figures: shares, means, spreads, shrunk where history is thin."""

import polars as pl

from riskpay.features.catalogue import (
    EDGES,
    FIRST_SHARE,
    FIRST_WEIGHT,
    LATE_DAYS,
    MONTH_END_SHARE,
    SPANS,
    USUAL_SHARE,
    FeatureSettings,
)
from riskpay.features.item_history import log_money
from riskpay.features.pay_days import MONTH_END, pay_days
from riskpay.features.settlements import PAY_WEEKDAYS


def shrunk(total: str, count: str, prior: pl.Expr, weight: float) -> pl.Expr:
    """(total + weight x prior) / (count + weight): the prior alone without history."""
    return (pl.col(total) + weight * prior) / (pl.col(count) + weight)


def _mean(total: str, count: str) -> pl.Expr:
    return pl.when(pl.col(count) > 0).then(pl.col(total) / pl.col(count))


def with_figures(asked: pl.DataFrame, settings: FeatureSettings) -> pl.DataFrame:
    """``asked``, with sums and the item's columns, plus every feature."""
    k = settings.prior_weight
    return (
        _item_figures(_with_spans(asked))
        .with_columns(_history_figures(k))
        .with_columns(_recent_figures(k))
        .pipe(_with_typical, k)
        .with_columns(_habit_figures(k))
        .with_columns(_more_habit_figures(k))
        .pipe(_with_kinds)
        .with_columns(_slopes())
        .with_columns(_pay_weekdays())
        .pipe(pay_days)
        .with_columns(_pay_day_figures(k))
        .with_columns(_book_figures(k))
        .with_columns(_portfolio_figures(k))
    )


def _item_figures(asked: pl.DataFrame) -> pl.DataFrame:
    usual = _mean("all_value", "all_n")
    return asked.with_columns(
        amount_log="value_log",
        age_days=(pl.col("as_of") - pl.col("issue_date")).dt.total_days(),
        days_from_due=(pl.col("as_of") - pl.col("due_date")).dt.total_days(),
        open_share=pl.when(pl.col("value") > 0).then(pl.col("open_value") / pl.col("value")),
        amount_to_usual=pl.col("value_log") - log_money(usual),
        due_day_of_month=pl.col("due_date").dt.day(),
        due_days_to_month_end=(pl.col("due_date").dt.month_end() - pl.col("due_date")).dt.total_days(),
        due_days_to_business_day="due_roll",
        issue_weekday=pl.col("issue_date").dt.weekday().cast(pl.Int32) - 1,
    )


def _history_figures(k: float) -> list[pl.Expr]:
    shares = {
        f"{name}_share": shrunk(f"all_{name}", "all_n", _mean(f"p_{name}", "p_n"), k)
        for name in ("late", *(f"late_{days}" for days in LATE_DAYS), *SPANS)
    }
    variance = pl.col("all_days_late_sq") / pl.col("all_n") - (pl.col("all_days_late") / pl.col("all_n")) ** 2
    portfolio_value = pl.when(pl.col("p_value") > 0).then(pl.col("p_late_value") / pl.col("p_value"))
    return [
        *(share.alias(name) for name, share in shares.items()),
        pl.col("all_n").fill_null(0.0).alias("settled_count"),
        _amount_share(portfolio_value, k).alias("late_amount_share"),
        shrunk("all_days_late", "all_n", _mean("p_days_late", "p_n"), k).alias("mean_days_late"),
        pl.when(pl.col("all_n") > 1).then(variance.clip(lower_bound=0.0).sqrt()).alias("sd_days_late"),
        pl.col("last_days_late"),
        (pl.col("last_day") - pl.col("last_settled_day")).dt.total_days().alias("days_since_settled"),
        _mean("all_days_to_pay", "all_n").alias("mean_days_to_pay"),
        (_mean("all_days_to_pay", "all_n") - pl.col("terms_days")).alias("pay_days_over_terms"),
        (pl.col("last_day") - pl.col("first_day"))
        .dt.total_days()
        .clip(lower_bound=0)
        .fill_null(0)
        .alias("customer_age_days"),
    ]


def _amount_share(portfolio: pl.Expr, k: float) -> pl.Expr:
    """Late amount over amount, starting from ``k`` items of the customer's mean amount at the portfolio's share."""
    some = (pl.col("all_n") > 0) & (pl.col("all_value") > 0)
    weight = k * pl.col("all_value") / pl.col("all_n")
    own = (pl.col("all_late_value") + weight * portfolio) / (pl.col("all_value") + weight)
    return pl.when(some).then(own).otherwise(portfolio)


def _recent_figures(k: float) -> list[pl.Expr]:
    late, mean = pl.col("late_share"), pl.col("mean_days_late")
    windows = [shrunk(f"w{d}_late", f"w{d}_n", late, k).alias(f"late_share_{d}") for d in (30, 90, 180, 365)]
    means = [shrunk(f"w{d}_days_late", f"w{d}_n", mean, k).alias(f"mean_days_late_{d}") for d in (30, 90, 365)]
    return [
        *windows,
        *means,
        shrunk("decayed_late", "decayed_n", late, 1.0).alias("late_share_decayed"),
        shrunk("decayed_days_late", "decayed_n", mean, 1.0).alias("mean_days_late_decayed"),
        pl.col("w30_n").fill_null(0.0).alias("settled_count_30"),
        pl.col("doc30_issued").fill_null(0.0).alias("issued_count_30"),
    ]


def _habit_figures(k: float) -> list[pl.Expr]:
    late, mean = pl.col("late_share"), pl.col("mean_days_late")
    return [
        (pl.col("late_share_90") - pl.col("late_share_365")).alias("late_trend"),
        shrunk("wd_late", "wd_n", late, k).alias("late_share_weekday"),
        shrunk("wd_days_late", "wd_n", mean, k).alias("mean_days_late_weekday"),
        shrunk("tm_late", "tm_n", late, k).alias("late_share_terms"),
        shrunk("am_late", "am_n", late, k).alias("late_share_amount"),
        shrunk("rl_late", "rl_n", late, k).alias("late_share_roll"),
        shrunk("all_late_effective", "all_n", _mean("p_late_effective", "p_n"), k).alias("late_share_effective"),
        _mean("all_paid_month_end", "all_n").alias("pay_share_month_end"),
        *(_mean(f"all_paid_{name}", "all_n").alias(f"pay_share_{name}") for name in PAY_WEEKDAYS),
    ]


def _more_habit_figures(k: float) -> list[pl.Expr]:
    weekday = pl.col("late_share_weekday")
    return [
        shrunk("wd90_late", "wd90_n", weekday, k).alias("late_share_weekday_90"),
        shrunk("wt_late", "wt_n", weekday, k).alias("late_share_weekday_terms"),
        shrunk("wa_late", "wa_n", weekday, k).alias("late_share_weekday_amount"),
        *(shrunk(f"wd_{s}", "wd_n", pl.col(f"{s}_share"), k).alias(f"{s}_share_weekday") for s in SPANS),
    ]


def _with_kinds(asked: pl.DataFrame) -> pl.DataFrame:
    """The record of items like this one, each shrunk to that of a wider circle; odds of several add up in logs."""
    portfolio = shrunk("p_late", "p_n", pl.lit(FIRST_SHARE), FIRST_WEIGHT)
    asked = asked.with_columns(_portfolio=portfolio).with_columns(
        _own=shrunk("all_late", "all_n", pl.col("_portfolio"), 2.0),
        _everybody=shrunk("pk_late", "pk_n", pl.col("_portfolio"), 2.0),
    )
    lift = _odds("_own") + _odds("_everybody") - _odds("_portfolio")
    asked = asked.with_columns(late_share_kind=shrunk("kd_late", "kd_n", _logistic(lift), 2.0))
    asked = asked.with_columns(
        late_share_kind_terms=shrunk("kt_late", "kt_n", pl.col("late_share_kind"), 2.0),
        late_share_like_amount=shrunk("la_late", "la_n", pl.col("_own"), 2.0),
    )
    late = pl.col("ktd_late") + pl.col("kt_overdue_count")
    count = pl.col("ktd_n") + pl.col("kt_overdue_count")
    own = _odds("_own")
    decayed = (pl.col("decayed_late") + pl.col("_own")) / (pl.col("decayed_n") + 1.0)
    odds = (
        own
        + (_odds("late_share_kind_terms") - own)
        + (_odds("late_share_like_amount") - own)
        + (_odds_of(decayed) - own)
    )
    return asked.with_columns(
        late_share_kind_terms_now=(late + pl.col("late_share_kind_terms")) / (count + 1.0),
        late_share_same_amount=shrunk("sa_late", "sa_n", pl.col("late_share_like_amount"), 1.0),
        late_odds=odds,
    ).drop("_portfolio", "_own", "_everybody")


def _odds(name: str) -> pl.Expr:
    return _odds_of(pl.col(name))


def _odds_of(share: pl.Expr) -> pl.Expr:
    held = share.clip(0.001, 0.999)
    return (held / (1.0 - held)).log()


def _logistic(odds: pl.Expr) -> pl.Expr:
    return 1.0 / (1.0 + (-odds).exp())


def _slopes() -> list[pl.Expr]:
    """How much later the customer pays larger items, and ones of longer terms, times this item's distance from usual."""
    n, late = pl.col("all_n"), pl.col("all_late") / pl.col("all_n")
    found = []
    for into, name, least in (("late_slope_amount", "value_log", 0.05), ("late_slope_terms", "terms", 4.0)):
        mean = pl.col(f"all_{name}") / n
        variance = (pl.col(f"all_{name}_sq") / n - mean**2).clip(lower_bound=0.0)
        shared = pl.col(f"all_late_{name}") / n - late * mean
        here = pl.col("value_log" if name == "value_log" else "terms_days") - mean
        found.append(pl.when(n > 1).then(shared / (variance + least) * here).otherwise(0.0).alias(into))
    mean = pl.col("all_value_log") / n
    spread = (pl.col("all_value_log_sq") / n - mean**2).clip(lower_bound=0.0).sqrt().clip(lower_bound=0.05)
    found.append(pl.when(n > 0).then((pl.col("value_log") - mean) / spread).alias("amount_spreads"))
    return found


def _pay_weekdays() -> list[pl.Expr]:
    shares = [pl.col(f"pay_share_{name}") for name in PAY_WEEKDAYS]
    around = pl.sum_horizontal(
        pl.when((pl.col("due_weekday") - number) % 7 <= 3).then(f"all_paid_{name}").otherwise(0.0)
        for number, name in enumerate(PAY_WEEKDAYS)
    )
    known = pl.col("pay_share_monday").is_not_null()
    pattern = pl.sum_horizontal(
        pl.when(share >= USUAL_SHARE).then(2**number).otherwise(0) for number, share in enumerate(shares)
    )
    month_end = pl.col("pay_share_month_end") >= MONTH_END_SHARE
    return [
        pl.when(known).then(around / pl.col("all_n")).alias("pay_share_around_due"),
        pl.when(known & month_end).then(MONTH_END).when(known).then(pattern).cast(pl.Int32).alias("pay_pattern"),
    ]


def _with_spans(asked: pl.DataFrame) -> pl.DataFrame:
    """Sums by span of days late, from the sums up to each day."""
    return asked.with_columns(
        (pl.col(f"{prefix}upto_{last}") - pl.col(f"{prefix}upto_{first - 1}")).alias(f"{prefix}{name}")
        for prefix in ("all_", "wd_", "p_")
        for name, (first, last, _) in SPANS.items()
    )


def _with_typical(asked: pl.DataFrame, k: float) -> pl.DataFrame:
    """The customer's typical day of payment and its spread, one outlier held, both shrunk to the portfolio's."""
    mean = shrunk("all_held", "all_n", _mean("p_held", "p_n"), k)
    second = shrunk("all_held_sq", "all_n", _mean("p_held_sq", "p_n"), k)
    return asked.with_columns(typical_days_late=mean).with_columns(
        typical_spread=(second - pl.col("typical_days_late") ** 2).clip(lower_bound=0.0).sqrt()
    )


def _pay_day_figures(k: float) -> list[pl.Expr]:
    back, ahead = pl.col("days_since_pay_day"), pl.col("days_to_pay_day")
    gap = back + ahead
    # Typical days are held within 12 of the due date: they say nothing of who pays once a month.
    monthly = pl.col("pay_pattern") == MONTH_END
    mean = pl.when(monthly).then("mean_days_late").otherwise("typical_days_late")
    sd = pl.when(monthly).then(pl.col("sd_days_late").fill_null(gap / 4)).otherwise("typical_spread")
    # Rounding a day up to the next payment day adds (gap - 1) / 2 on average, and (gap^2 - 1) / 12 to the variance.
    spread = (sd**2 - (gap**2 - 1) / 12).clip(lower_bound=1.0).sqrt()
    return [
        ((mean - (gap - 1) / 2 + back) / spread).alias("pay_day_margin"),
        _share_upto(-back, k).alias("paid_by_pay_day_share"),
        _share_upto(ahead - 1, k).alias("paid_before_next_pay_day_share"),
        (mean + back).alias("days_late_over_pay_day"),
    ]


def _share_upto(days: pl.Expr, k: float) -> pl.Expr:
    """The share of the customer's items settled up to so many days late, shrunk to the portfolio's."""
    held = days.clip(EDGES[0], EDGES[-1])
    own, everybody = (
        pl.coalesce(pl.when(held == edge).then(pl.col(f"{prefix}upto_{edge}")) for edge in EDGES)
        for prefix in ("all_", "p_")
    )
    prior = pl.when(pl.col("p_n") > 0).then(everybody / pl.col("p_n"))
    return (own + k * prior) / (pl.col("all_n") + k)


def _book_figures(k: float) -> list[pl.Expr]:
    overdue = pl.col("book_overdue_count").fill_null(0.0)
    count = pl.col("all_n").fill_null(0.0)
    prior = _mean("p_late", "p_n")
    # Sums of decimals leave a rounding rest when the last item is paid: no item open, no amount open.
    owed = pl.when(pl.col("book_open_count") > 0).then(pl.col("book_open_value")).otherwise(0.0)
    past = pl.when(overdue > 0).then(pl.col("book_overdue_value")).otherwise(0.0)
    return [
        ((pl.col("all_late").fill_null(0.0) + overdue + k * prior) / (count + overdue + k)).alias(
            "late_share_with_overdue"
        ),
        pl.col("book_open_count").fill_null(0.0).alias("open_count"),
        log_money(owed).alias("open_amount_log"),
        overdue.alias("overdue_count"),
        log_money(past).alias("overdue_amount_log"),
        pl.when(owed > 0).then((past / owed).clip(0.0, 1.0)).otherwise(0.0).alias("overdue_share"),
        (pl.col("as_of") - pl.col("book_oldest"))
        .dt.total_days()
        .clip(lower_bound=0)
        .fill_null(0)
        .alias("oldest_days_past_due"),
    ]


def _portfolio_figures(k: float) -> list[pl.Expr]:
    month, quarter, year = (_mean(f"p{d}_late", f"p{d}_n") for d in (30, 90, 365))
    return [
        month.alias("portfolio_late_share_30"),
        quarter.alias("portfolio_late_share_90"),
        _mean("p30_days_late", "p30_n").alias("portfolio_mean_days_late_30"),
        (month - year).alias("portfolio_drift"),
        shrunk("pwd_late", "pwd_n", year, k).alias("portfolio_late_share_weekday"),
    ]
