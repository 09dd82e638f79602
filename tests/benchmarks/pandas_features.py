"""37 of riskpay's features in pandas, as a data engineer would write them: the benchmark's other side.

Everything is columns: keys are integer codes, days whole numbers, facts rows with a sign. A sum by customer as of a day
is a running sum looked up by ``merge_asof``; nothing is applied row by row. The values are those of
``riskpay.features.histories.features`` for every item at its issue day, cut ``start``, and a test holds the two equal.

It knows what the benchmark's ledgers hold and no more: one version a document, one currency with two digits, no grace days, no
tolerance. What it spares itself (versions, cancelled notes, exchange rates) is in its favour.
"""

from pathlib import Path

import numpy as np
import pandas as pd

ITEM_KEY = ["company_id", "invoice_id", "instalment"]
LATE_DAYS = (3, 7, 15, 30, 60, 90)
WINDOWS = (30, 90, 180, 365)
CORE = ["n", "late", "days_late"]
DECAYED = [f"decayed_{name}" for name in CORE]
PORTFOLIO = [*CORE, *(f"late_{days}" for days in LATE_DAYS), "late_value", "value"]
SUMS = [*PORTFOLIO, "days_late_sq", "days_to_pay", *DECAYED]
PRIOR_WEIGHT = 5.0
HALF_LIFE_DAYS = 30.0
MINOR_UNITS = 100.0

FEATURES = [
    "settled_count",
    "late_share",
    *(f"late_{days}_share" for days in LATE_DAYS),
    "late_amount_share",
    "mean_days_late",
    "sd_days_late",
    "last_days_late",
    "days_since_settled",
    "mean_days_to_pay",
    "pay_days_over_terms",
    "late_share_with_overdue",
    "customer_age_days",
    *(f"late_share_{days}" for days in WINDOWS),
    "mean_days_late_30",
    "mean_days_late_90",
    "mean_days_late_365",
    "late_share_decayed",
    "mean_days_late_decayed",
    "late_trend",
    "settled_count_30",
    "issued_count_30",
    "late_share_weekday",
    "mean_days_late_weekday",
    "open_count",
    "open_amount_log",
    "overdue_count",
    "overdue_amount_log",
    "portfolio_late_share_30",
    "portfolio_late_share_90",
]


def build(ledger: Path, out: Path) -> int:
    """Features of every item in the folder ``ledger`` at its issue day, written to ``out``; returns their number."""
    items = read_items(ledger)
    states = item_states(items, read_applied(ledger, items))
    settled = settlements(items, states)
    asked = items[["customer", "due_weekday", "terms_days", "made"]].assign(last_day=items["issued"] - 1)
    asked = asked.sort_values("last_day", kind="stable")
    sums = {
        **_history(asked, settled),
        **_portfolio(asked, settled),
        **_book(asked, items, states),
        **_documents(asked, items),
    }
    found = _figures(asked, sums).sort_index()
    keys = items[[*ITEM_KEY, "issue_date"]].rename(columns={"issue_date": "as_of"})
    pd.concat([keys, found[FEATURES]], axis=1).to_parquet(out, index=False)
    return len(FEATURES)


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    return pd.read_parquet(path, columns=columns, to_pandas_kwargs={"date_as_object": False})


def _day(dates: pd.Series) -> np.ndarray:
    """Days since 1970 as whole numbers."""
    return dates.to_numpy("datetime64[D]").astype(np.int64)


def read_items(ledger: Path) -> pd.DataFrame:
    """One row per item; its place is the item's code in every other frame."""
    columns = [*ITEM_KEY, "customer_id", "document_type", "known_on", "issue_date", "due_date", "amount"]
    items = _read(ledger / "invoices.parquet", columns)
    items = items[items["document_type"] == "invoice"].reset_index(drop=True)
    issued, due = _day(items["issue_date"]), _day(items["due_date"])
    return items.assign(
        item=np.arange(len(items)),
        customer=items.groupby(["company_id", "customer_id"], sort=False).ngroup(),
        made=_day(items["known_on"]),
        issued=issued,
        due=due,
        due_weekday=(due + 3) % 7,
        terms_days=due - issued,
    )


def read_applied(ledger: Path, items: pd.DataFrame) -> pd.DataFrame:
    """What was taken off items: item, amount, is_cash, counts_on, day (known on), back (day a return was known, or NaN)."""
    columns = [*ITEM_KEY, "source_type", "source_id", "amount", "allocated_on", "known_on"]
    applied = _read(ledger / "allocations.parquet", columns)
    returned = _read(ledger / "payment_reversals.parquet", ["company_id", "payment_id", "known_on"])
    lost = _read(ledger / "write_offs.parquet", [*ITEM_KEY, "amount", "written_off_on", "known_on"])
    sources = returned.rename(columns={"payment_id": "source_id"}).drop(columns="known_on")
    sources = sources.assign(source_type="payment", back=_day(returned["known_on"]))
    applied = applied.merge(sources, on=["company_id", "source_type", "source_id"], how="left")
    lost = lost.rename(columns={"written_off_on": "allocated_on"})
    taken = pd.concat([applied, lost], ignore_index=True).merge(items[[*ITEM_KEY, "item", "made"]], on=ITEM_KEY)
    day = np.maximum(_day(taken["known_on"]), taken["made"])
    return pd.DataFrame(
        {
            "item": taken["item"],
            "amount": taken["amount"],
            "is_cash": taken["source_type"] == "payment",
            "counts_on": _day(taken["allocated_on"]),
            "day": day,
            "back": np.maximum(taken["back"], day),
        }
    )


def item_states(items: pd.DataFrame, applied: pd.DataFrame) -> pd.DataFrame:
    """One row per item and day on which something was taken off or given back, in order.

    Columns: item, day, open (amount still open), settled, was_settled (the day before), and settled_on and by_cash of
    the settlement, where it is settled.
    """
    backs = applied[applied["back"].notna()]
    given_back = backs.assign(amount=-backs["amount"], day=backs["back"].astype(np.int64), fell=1)
    events = pd.concat([applied.assign(fell=0), given_back], ignore_index=True)
    events["not_cash"] = events["amount"].where(~events["is_cash"], 0)
    events = events.sort_values(["item", "day"], kind="stable", ignore_index=True)
    by_item = events.groupby("item", sort=False)
    running = by_item[["amount", "not_cash", "fell"]].cumsum()
    running["counts_on"] = by_item["counts_on"].cummax()
    last_of_day = ~events.duplicated(["item", "day"], keep="last")
    states = pd.concat([events[["item", "day"]], running], axis=1)[last_of_day].reset_index(drop=True)
    states = _without_returned(states, applied)
    states["open"] = items["amount"].to_numpy()[states["item"]] - states["amount"]
    states["settled"] = states["open"] <= 0
    later = ~_new_item(states)
    states["was_settled"] = later & states["settled"].shift(1, fill_value=False)
    fell = states["fell"].diff().fillna(0).where(later, states["fell"]) > 0
    # The state that closes the item says when and by what; where something falls and the rest still settles it, that rest.
    closes = states["settled"] & (~states["was_settled"] | fell)
    states["settled_on"] = states["counts_on"].where(closes).ffill()
    states["by_cash"] = (states["not_cash"] == 0).astype(float).where(closes).ffill() == 1
    return states[["item", "day", "open", "settled", "was_settled", "settled_on", "by_cash"]]


def _new_item(states: pd.DataFrame) -> pd.Series:
    """Whether a row is the first of its item."""
    return states["item"] != states["item"].shift(1)


def _without_returned(states: pd.DataFrame, applied: pd.DataFrame) -> pd.DataFrame:
    """``states`` with ``counts_on`` of items with a return taken from what still stood on each day."""
    items = applied.loc[applied["back"].notna(), "item"].unique()
    touched = states.loc[states["item"].isin(items), ["item", "day"]].rename_axis("state").reset_index()
    facts = applied.loc[applied["item"].isin(items), ["item", "counts_on", "day", "back"]]
    pairs = touched.merge(facts, on="item", suffixes=("", "_known"))
    stands = (pairs["day_known"] <= pairs["day"]) & ~(pairs["back"] <= pairs["day"])
    lasting = pairs[stands].groupby("state")["counts_on"].max()
    states.loc[lasting.index, "counts_on"] = lasting
    return states


def settlements(items: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """A row per settlement in cash (+1) and one that takes it back (-1), with the sums of ``SUMS`` times the sign.

    Beside these: customer, due_weekday, day, and since (the day the settlement became known); in order of days.
    """
    rows = states.assign(paid=states["settled"] & states["by_cash"])
    rows["was_paid"] = rows["was_settled"] & rows["paid"].shift(1, fill_value=False)
    rows["since"] = rows["day"].where(rows["paid"] & ~rows["was_paid"]).ffill()
    before = rows[["settled_on", "since"]].shift(1)
    stays = rows["paid"] & rows["was_paid"] & (rows["settled_on"] == before["settled_on"])
    columns = ["item", "day", "since", "settled_on"]
    made = rows.loc[rows["paid"] & ~stays, columns].assign(sign=1.0)
    gone = rows["was_paid"] & ~stays
    undone = rows.loc[gone, columns].assign(**before[gone], sign=-1.0)
    return _measured(items, pd.concat([made, undone]).sort_values("day", kind="stable", ignore_index=True))


def _measured(items: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    columns = ["customer", "due_weekday", "issued", "due", "amount"]
    own = {name: items[name].to_numpy()[rows["item"]] for name in columns}
    late_by = rows["settled_on"] - own["due"]
    late = late_by > 0
    value = own["amount"] / MINOR_UNITS
    # Weights grow with the day, so that their running sums only need scaling by the question's own day.
    weight = 2.0 ** ((rows["since"] - rows["day"].max()) / HALF_LIFE_DAYS)
    sums = {
        "n": 1.0,
        "late": late,
        "days_late": late_by,
        **{f"late_{days}": late_by > days for days in LATE_DAYS},
        "late_value": late * value,
        "value": value,
        "days_late_sq": late_by**2,
        "days_to_pay": rows["settled_on"] - own["issued"],
        "decayed_n": weight,
        "decayed_late": weight * late,
        "decayed_days_late": weight * late_by,
    }
    signed = {name: rows["sign"] * total for name, total in sums.items()}
    keys = {"customer": own["customer"], "due_weekday": own["due_weekday"]}
    return pd.DataFrame({**keys, "day": rows["day"], "since": rows["since"].astype(np.int64), **signed}, copy=False)


Sums = dict[str, pd.Series]


def _running(rows: pd.DataFrame, by: str, names: list[str]) -> pd.DataFrame:
    """Rows in order of days with their sums run up within ``by``: the last one of a day holds its end."""
    return pd.concat([rows[[by, "day"]], rows.groupby(by, sort=False)[names].cumsum()], axis=1)


def _as_of(asked: pd.DataFrame, state: pd.DataFrame, by: str, names: list[str], days_back: int = 0) -> pd.DataFrame:
    """The state known at the end of each question's last day (or so many days before), NaN where there is none."""
    moments = pd.DataFrame({by: asked[by], "moment": asked["last_day"] - days_back})
    found = pd.merge_asof(moments, state[[by, "day", *names]], left_on="moment", right_on="day", by=by)
    return found[names].set_axis(asked.index)


def _window(asked: pd.DataFrame, settled: pd.DataFrame, whole: pd.DataFrame, by: str, days: int) -> pd.DataFrame:
    """Sums of settlements that became known in the last ``days`` days: those of all days less those that left.

    A row leaves when its settlement's day does; one that takes back an earlier settlement not before it came.
    """
    leaving = settled[[by, *CORE]].assign(day=np.maximum(settled["day"], settled["since"] + days))
    left = _as_of(asked, _running(leaving.sort_values("day", kind="stable"), by, CORE), by, CORE)
    return whole[CORE] - left.fillna(0.0)


def _history(asked: pd.DataFrame, settled: pd.DataFrame) -> Sums:
    whole = _as_of(asked, _running(settled, "customer", SUMS), "customer", SUMS).fillna(0.0)
    scale = 2.0 ** ((settled["day"].max() - asked["last_day"]) / HALF_LIFE_DAYS)
    whole[DECAYED] = whole[DECAYED].mul(scale, axis=0)
    sums = {name: whole[name] for name in SUMS}
    for days in WINDOWS:
        within = _window(asked, settled, whole, "customer", days)
        sums |= {f"w{days}_{name}": within[name] for name in CORE}
    last = _as_of(asked, last_settled(settled), "customer", ["since", "mean"])
    weekday = asked.assign(group=asked["customer"] * 7 + asked["due_weekday"])
    groups = settled.assign(group=settled["customer"] * 7 + settled["due_weekday"])
    found = _as_of(weekday, _running(groups, "group", CORE), "group", CORE).fillna(0.0)
    return {
        **sums,
        **{f"wd_{name}": found[name] for name in CORE},
        "last_day_settled": last["since"],
        "last": last["mean"],
    }


def last_settled(settled: pd.DataFrame) -> pd.DataFrame:
    """A customer's last batch of settlements that still stand, at each day on which that may change.

    A batch is what became known on one day. Columns: customer, day, since (the batch's day) and mean (its mean days
    late); NaN from a day on which nothing is left.
    """
    batches = settled[settled["day"] == settled["since"]].groupby(["customer", "since"], sort=False, as_index=False)
    batches = batches[["n", "days_late"]].sum().rename_axis("batch").reset_index()
    changes = settled.loc[settled["day"] != settled["since"], ["customer", "since", "day", "n", "days_late"]]
    changes = changes.merge(batches[["customer", "since", "batch"]], on=["customer", "since"])
    changed = _running(changes, "batch", ["n", "days_late"])
    # On a day of changes without new settlements: back from batch to batch, until one has something left.
    probes = changes[["customer", "day"]].drop_duplicates()
    found = [batches.assign(day=batches["since"], mean=batches["days_late"] / batches["n"])]
    looked = probes.assign(moment=probes["day"])
    while len(looked):
        near = pd.merge_asof(looked.sort_values("moment"), batches, left_on="moment", right_on="since", by="customer")
        found.append(near.loc[near["batch"].isna(), ["customer", "day"]])
        near = near[near["batch"].notna()].astype({"batch": np.int64}).sort_values("day")
        near = pd.merge_asof(near, changed, on="day", by="batch", suffixes=("", "_less")).fillna(0.0)
        near["left"] = near["n"] + near["n_less"]
        near["mean"] = (near["days_late"] + near["days_late_less"]) / near["left"]
        found.append(near[near["left"] > 0])
        emptied = near[near["left"] <= 0]
        looked = emptied[["customer", "day"]].assign(moment=emptied["since"].astype(np.int64) - 1)
    return pd.concat(found)[["customer", "day", "since", "mean"]].sort_values("day", kind="stable")


def _portfolio(asked: pd.DataFrame, settled: pd.DataFrame) -> Sums:
    by_day = settled.groupby(["day", "since"], as_index=False)[PORTFOLIO].sum().assign(everybody=0)
    everybody = asked.assign(everybody=0)
    whole = _as_of(everybody, _running(by_day, "everybody", PORTFOLIO), "everybody", PORTFOLIO).fillna(0.0)
    sums = {f"p_{name}": whole[name] for name in PORTFOLIO}
    for days in (30, 90):
        within = _window(everybody, by_day, whole, "everybody", days)
        sums |= {f"p{days}_{name}": within[name] for name in CORE}
    return sums


def _book(asked: pd.DataFrame, items: pd.DataFrame, states: pd.DataFrame) -> Sums:
    """Number and amount of the customer's open and overdue items, from what each day changed of them."""
    amount = items["amount"].to_numpy()
    code = states["item"].to_numpy()
    is_new = _new_item(states)
    now = states["open"].where(~states["settled"], 0)
    before = now.shift(1, fill_value=0).where(~is_new, amount[code])
    was_open = ~states["was_settled"]
    begun = pd.DataFrame({"item": items["item"], "day": items["made"], "count": 1, "amount": amount})
    changes = pd.DataFrame(
        {
            "item": code,
            "day": states["day"],
            "count": (~states["settled"]).astype(int) - was_open.astype(int),
            "amount": now - before,
        }
    )
    rows = pd.concat([begun, changes], ignore_index=True)
    rows["customer"] = items["customer"].to_numpy()[rows["item"]]
    overdue = np.maximum(rows["day"], items["due"].to_numpy()[rows["item"]])
    sums = {}
    # Asked at the start of a day, an item due the day before is overdue: what changed of it counts from the due date.
    for name, day in (("open", rows["day"]), ("overdue", overdue)):
        ordered = rows.assign(day=day).sort_values("day", kind="stable")
        found = _as_of(asked, _running(ordered, "customer", ["count", "amount"]), "customer", ["count", "amount"])
        sums |= {f"{name}_count": found["count"].fillna(0.0), f"{name}_amount": found["amount"].fillna(0.0)}
    return sums


def _documents(asked: pd.DataFrame, items: pd.DataFrame) -> Sums:
    made = items[["customer", "made"]].rename(columns={"made": "day"}).assign(issued=1.0)
    state = _running(made.sort_values("day", kind="stable"), "customer", ["issued"])
    now, before = (_as_of(asked, state, "customer", ["issued"], back)["issued"].fillna(0.0) for back in (0, 30))
    first = items.groupby("customer")["made"].min().to_numpy()[asked["customer"]]
    return {"issued_30": now - before, "customer_age": (asked["last_day"] - first).clip(lower=0)}


def _mean(total: pd.Series, count: pd.Series) -> pd.Series:
    return total / count.where(count > 0)


def _shrunk(total: pd.Series, count: pd.Series, prior: pd.Series, weight: float = PRIOR_WEIGHT) -> pd.Series:
    return (total + weight * prior) / (count + weight)


def _log_money(minor: pd.Series) -> np.ndarray:
    return np.log10(np.maximum(minor / MINOR_UNITS, 0.01))


def _figures(asked: pd.DataFrame, s: Sums) -> pd.DataFrame:
    n, usual = s["n"], {name: _mean(s[f"p_{name}"], s["p_n"]) for name in ("late", "days_late")}
    late = _shrunk(s["late"], n, usual["late"])
    days_late = _shrunk(s["days_late"], n, usual["days_late"])
    own_weight = PRIOR_WEIGHT * s["value"] / n.where(n > 0)
    everybody = _mean(s["p_late_value"], s["p_value"])
    own_share = (s["late_value"] + own_weight * everybody) / (s["value"] + own_weight)
    variance = s["days_late_sq"] / n.where(n > 1) - (s["days_late"] / n.where(n > 1)) ** 2
    to_pay = _mean(s["days_to_pay"], n)
    found = {
        "settled_count": n,
        "late_share": late,
        **{
            f"late_{days}_share": _shrunk(s[f"late_{days}"], n, _mean(s[f"p_late_{days}"], s["p_n"]))
            for days in LATE_DAYS
        },
        "late_amount_share": own_share.where(n > 0, everybody),
        "mean_days_late": days_late,
        "sd_days_late": np.sqrt(variance.clip(lower=0.0)),
        "last_days_late": s["last"],
        "days_since_settled": asked["last_day"] - s["last_day_settled"],
        "mean_days_to_pay": to_pay,
        "pay_days_over_terms": to_pay - asked["terms_days"],
        "late_share_with_overdue": _shrunk(s["late"] + s["overdue_count"], n + s["overdue_count"], usual["late"]),
        "customer_age_days": s["customer_age"].astype(float),
        **{f"late_share_{days}": _shrunk(s[f"w{days}_late"], s[f"w{days}_n"], late) for days in WINDOWS},
        **{
            f"mean_days_late_{days}": _shrunk(s[f"w{days}_days_late"], s[f"w{days}_n"], days_late)
            for days in (30, 90, 365)
        },
        "late_share_decayed": _shrunk(s["decayed_late"], s["decayed_n"], late, 1.0),
        "mean_days_late_decayed": _shrunk(s["decayed_days_late"], s["decayed_n"], days_late, 1.0),
        "settled_count_30": s["w30_n"],
        "issued_count_30": s["issued_30"],
        "late_share_weekday": _shrunk(s["wd_late"], s["wd_n"], late),
        "mean_days_late_weekday": _shrunk(s["wd_days_late"], s["wd_n"], days_late),
        "open_count": s["open_count"],
        "open_amount_log": _log_money(s["open_amount"]),
        "overdue_count": s["overdue_count"],
        "overdue_amount_log": _log_money(s["overdue_amount"]),
        "portfolio_late_share_30": _mean(s["p30_late"], s["p30_n"]),
        "portfolio_late_share_90": _mean(s["p90_late"], s["p90_n"]),
    }
    found["late_trend"] = found["late_share_90"] - found["late_share_365"]
    return pd.DataFrame(found, copy=False)
