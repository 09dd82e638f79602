# %% [markdown]
# # One customer, explained
#
# What it paid and when, what is open and how it stands, why, what moved since yesterday, and what a payment changes.
#
# Reads a home; the day that is played further down happens in a copy, which is deleted at the end. `make demo` makes
# a home with a synthetic ledger; name it, or your own, before you start the notebook: `export
# RISKPAY_HOME=/path/to/riskpay-home`.

# %%
import shutil
import tempfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import plotly.graph_objects as go
import polars as pl
from plotly.colors import qualitative
from plotly.subplots import make_subplots

from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.money import to_text
from riskpay.reporting.figures import CAME, INK, MODEL, dressed, importance_figures, sum_figure
from riskpay.reporting.wording import percent, points
from riskpay.settings import load
from riskpay.workflows.book import score_open_items
from riskpay.workflows.changes import of_customer
from riskpay.workflows.compared import Compared
from riskpay.workflows.explain import explain
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest
from riskpay.workflows.kept_facts import facts_of_day
from riskpay.workflows.sides import sides

tables = pl.Config(tbl_rows=40, fmt_str_lengths=120)  # shown whole
home = load().home
opened = Home.open(home)
as_of = opened.last_day()
champion = opened.registry.champion_for(as_of)
ledger = opened.ledger.known(as_of, "end")
print(f"the end of {as_of}, model {champion.version} trained as of {champion.model.train_as_of}")

# %% [markdown]
# ## Who
# A customer with some items overdue and some not, about eight in all: so that there is something to see. Put in
# another one's id.

# %%
scored = score_open_items(
    ledger, facts_of_day(opened, ledger, champion.model.features), as_of, champion.model, champion.version
)
overdue = pl.col("days_past_due") > 0
customers = (
    scored.items.group_by("company_id", "customer_id")
    .agg(items=pl.len().cast(pl.Int64), overdue=overdue.sum())
    .filter(pl.col("overdue").is_between(1, pl.col("items") - 1))
    .sort(pl.col("overdue") < 2, (pl.col("items") - 8).abs(), "company_id", "customer_id")
)
company_id, customer_id = customers.row(0)[:2]
customers.head(5)

# %% [markdown]
# ## How it paid
# Each settled item on the day on which it was settled: above the line late, below it early. Open items stand where
# they are today, days past due: their lateness is not known yet, and is at least this.

# %%
own = {"company_id": company_id, "customer_id": customer_id}
settled = (
    latest(item_states(ledger, champion.model.features.tolerance))
    .filter(**own)
    .filter("settled", settled_by="cash")
    .with_columns(days_late=(pl.col("settled_on") - pl.col("due_date")).dt.total_days())
)
items = scored.items.with_row_index("row").filter(**own).sort("due_date", "invoice_id", "instalment")
history = go.Figure()
history.add_hline(y=0, line={"color": INK, "width": 1})
history.add_scatter(
    x=settled["settled_on"],
    y=settled["days_late"],
    mode="markers",
    marker={"color": MODEL, "size": 7, "opacity": 0.6},
    text=settled["invoice_id"],
    name="paid: days late",
)
past_due = items.filter(overdue)
history.add_scatter(
    x=[as_of] * past_due.height,
    y=past_due["days_past_due"],
    mode="markers",
    marker={"color": CAME, "size": 9, "symbol": "triangle-up-open", "line": {"width": 2}},
    text=past_due["invoice_id"],
    name="open today: days past due, and growing",
)
dressed(history, f"Customer {customer_id}: when it paid", "day of payment", "days after the due date")
history.update_layout(height=440, width=1000).update_yaxes(zeroline=False)
history

# %% [markdown]
# ## What is open
# P(late) is a fact once the due date has passed. Bands say where the true chances may lie; the pay date falls into
# its interval in as many cases of a hundred as it is made for. An empty last day lies beyond the curve.

# %%
risks = [scored.risks.risk(row) for row in items["row"]]
standing = pl.DataFrame(
    [
        {
            "invoice": item["invoice_id"],
            "due": item["due_date"],
            "open": f"{to_text(item['open_amount'], item['currency'])} {item['currency']}",
            "past due": item["days_past_due"],
            "late": percent(risk.p_late),
            "band": " to ".join(map(percent, risk.p_late_band)),
            "unpaid in 30 days": percent(risk.p_unpaid_30),
            "its band": " to ".join(map(percent, risk.p_unpaid_30_band)),
            "paid from": risk.pay_between[0],
            "until": risk.pay_between[1],
            "uncertain": risk.abstains(opened.policy.scores.max_band),
        }
        for item, risk in zip(items.iter_rows(named=True), risks, strict=True)
    ]
)
standing

# %% [markdown]
# Some of them, spread over the due dates. Curves start at 100 % today, each item's band stands on day 30, and its pay
# date lies within the bar below. A curve falls fastest where this customer usually pays; where it stays high, money
# stays out.

# %%
shown = range(0, len(risks), -(-len(risks) // 8))
curves = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.68, 0.32], vertical_spacing=0.06)
for nth, number in enumerate(shown):
    risk, colour = risks[number], qualitative.Safe[nth]
    low, high = risk.p_unpaid_30_band
    first, last = risk.pay_in
    beyond = last is None or last > 120
    name = f"{risk.invoice_id}, due {items['due_date'][number]}"
    curves.add_scatter(
        y=risk.curve.unpaid, mode="lines", line={"color": colour, "width": 2}, name=name, legendgroup=name, row=1, col=1
    )
    curves.add_scatter(
        x=[30 + 0.8 * (nth - len(shown) / 2)],
        y=[risk.p_unpaid_30],
        error_y={"array": [high - risk.p_unpaid_30], "arrayminus": [risk.p_unpaid_30 - low], "thickness": 1.5},
        mode="markers",
        marker={"color": colour, "size": 6},
        legendgroup=name,
        showlegend=False,
        row=1,
        col=1,
    )
    curves.add_scatter(
        x=[min(first, 120), 120 if beyond else last],
        y=[risk.invoice_id] * 2,
        mode="lines+markers",
        line={"color": colour, "width": 6},
        marker={"symbol": ["circle", "triangle-right" if beyond else "circle"], "size": 10},
        legendgroup=name,
        showlegend=False,
        row=2,
        col=1,
    )
dressed(curves, "Still unpaid, and the interval of the pay date (an arrow: it goes on beyond day 120)")
curves.update_layout(height=640, width=1100, legend={"orientation": "v", "x": 1.01, "y": 1, "yanchor": "top"})
curves.update_xaxes(zeroline=False, range=[-3, 123])
curves.update_xaxes(title="days from today", row=2, col=1)
curves.update_yaxes(title="share still unpaid", tickformat=".0%", range=[0, 1.03], row=1, col=1)
curves.update_yaxes(autorange="reversed", type="category", title="invoice", row=2, col=1)
curves

# %% [markdown]
# ## Why
# A chance as a sum: what the model says of any item at this stage before it looks at a figure of this one, what each
# figure adds, and what comes out. The parts add up; nothing is left over, and none is left out (small ones are one
# bar).
#
# First the chance of being late, of the item that is due next.

# %%
upcoming = items.filter(~overdue)["invoice_id"][0]
told = explain(home, upcoming, as_of)
late = told["lateness"]
start = "any item at this stage"
late_sum = sum_figure(
    (start, late["base"]),
    late["parts"],
    ("this item", late["chance"]),
    f"Why {upcoming} is thought late with {percent(late['chance'])}",
).update_layout(xaxis_title="chance of being late; parts in points", height=480, width=1180)
late_sum

# %% [markdown]
# Then the chance of being still unpaid in thirty days, of the item that is overdue longest.

# %%
oldest = items.filter(overdue)["invoice_id"][0]
unpaid = explain(home, oldest, as_of)["curve_reasons"]
unpaid_sum = sum_figure(
    (start, unpaid["base"]),
    unpaid["parts"],
    ("this item", unpaid["chance"]),
    f"Why {oldest} is thought unpaid in 30 days with {percent(unpaid['chance'])}",
).update_layout(xaxis_title="chance of being unpaid in 30 days; parts in points", height=480, width=1180)
unpaid_sum

# %%
for one in (late, unpaid):
    assert abs(one["base"] + sum(part["points"] for part in one["parts"]) - one["chance"]) < 1e-9

# %% [markdown]
# ## What changed since yesterday
# The next day is played in a copy of the home. First nothing happens on it: what moves is time, and figures that
# count days. In a home in which days are scored, `riskpay changes` compares the last two.

# %%
folder = tempfile.TemporaryDirectory()
place = Path(folder.name)
copy = place / "home"
shutil.copytree(home, copy, ignore=shutil.ignore_patterns("artifacts", "scores", "facts"))
assert str(copy) in Home.open(copy).settings.database, "the store lies elsewhere: work on a home that has its own"

today = as_of + timedelta(days=1)
quiet_home = Home.open(copy)
quiet = of_customer(quiet_home, Compared.of(quiet_home, *sides(quiet_home, today, as_of)), company_id, customer_id)
print(f"from the end of {quiet['since']} to the end of {quiet['as_of']}: {quiet['counts']}")
pl.DataFrame(
    [
        {
            "invoice": item["invoice_id"],
            "unpaid in 30 days": percent(item["p_unpaid_30"]["from"]),
            "today": percent(item["p_unpaid_30"]["to"]),
            "points": points(item["p_unpaid_30"]["change"]),
            "why": "; ".join(f"{part['text']} {points(part['points'])}" for part in item["p_unpaid_30"]["parts"][:3]),
        }
        for item in quiet["items"]
    ]
)

# %% [markdown]
# ## A payment is posted
# On the same day, the item that is overdue longest is paid in full. The load is an ordinary one: two tables with a
# row each, amounts in minor units.

# %%
paid = items.filter(invoice_id=oldest).row(0, named=True)
posted = {"company_id": [company_id], "amount": [paid["open_amount"]], "known_on": [today]}
payment = {**posted, "payment_id": ["P-new"], "customer_id": [customer_id], "value_date": [today]}
applied = {
    **posted,
    "allocation_id": ["A-new"],
    "source_type": ["payment"],
    "source_id": ["P-new"],
    "invoice_id": [oldest],
    "instalment": [paid["instalment"]],
    "allocated_on": [today],
}
(place / "bank").mkdir()
pl.DataFrame({**payment, "currency": [paid["currency"]]}).write_csv(place / "bank" / "payments.csv")
pl.DataFrame(applied).write_csv(place / "bank" / "allocations.csv")
loaded = ingest(copy, place / "bank", "canonical", today)
print(f"read {loaded.read.rows}, accepted {loaded.accepted.rows}, rejected {loaded.rejected.rows}")
assert loaded.accepted.rows == 2

# %% [markdown]
# The paid item leaves. The others have a new past beside them: what the customer owes, what it paid last and how
# late. Beside the quiet day one sees what the payment alone did.

# %%
paid_home = Home.open(copy)
after = of_customer(paid_home, Compared.of(paid_home, *sides(paid_home, today, as_of)), company_id, customer_id)
without = {(item["invoice_id"], item["instalment"]): item["p_unpaid_30"]["to"] for item in quiet["items"]}
effect = pl.DataFrame(
    [
        {
            "invoice": item["invoice_id"],
            "state": item["state"],
            "yesterday": percent(item["p_unpaid_30"]["from"]),
            "quiet day": percent(without[item["invoice_id"], item["instalment"]]),
            "with the payment": percent(item["p_unpaid_30"]["to"]),
            "payment's points": None
            if item["state"] == "settled"
            else points(item["p_unpaid_30"]["to"] - without[item["invoice_id"], item["instalment"]]),
        }
        for item in after["items"]
    ]
)
effect

# %% [markdown]
# The item that moved most, from yesterday to today as a sum.

# %%
most = after["items"][0]
moved = most["p_unpaid_30"]
change_sum = sum_figure(
    ("yesterday", moved["from"]),
    moved["parts"],
    ("today", moved["to"]),
    f"What moved {most['invoice_id']}: chance of being unpaid in 30 days",
).update_layout(xaxis_title="chance of being unpaid in 30 days; parts in points", height=480, width=1180)
change_sum

# %% [markdown]
# In money: open amount times P(unpaid in 30 days), over the customer's items. Decimal text that adds up to the last
# digit.

# %%
money = pl.DataFrame(
    [
        {"currency": currency, "what": what, "amount": worth}
        for currency, risk in after["money_at_risk"].items()
        for what, worth in [
            ("yesterday", risk["from"]),
            *((part["text"], part["amount"]) for part in risk["parts"]),
            ("today", risk["to"]),
        ]
    ]
)
money

# %%
for day in (quiet, after):
    for item in day["items"]:
        told_of = item["p_unpaid_30"]
        if item["state"] == "open":
            assert abs(sum(part["points"] for part in told_of["parts"]) - (told_of["to"] - told_of["from"])) < 1e-9
    for risk in day["money_at_risk"].values():
        assert sum(Decimal(part["amount"]) for part in risk["parts"]) == Decimal(risk["to"]) - Decimal(risk["from"])
(gone,) = (item for item in after["items"] if item["state"] == "settled")
assert gone["invoice_id"] == oldest

# %% [markdown]
# ## What the model looks at in general
# How far families of features, and phrases, move its chances: the mean size of their parts over many questions. One
# customer may be explained by what moves few others.

# %%
looks_at = importance_figures(opened.registry.read_document(champion.version, "importance"))
looks_at["importance_p_late"]

# %%
looks_at["importance_p_unpaid_30"]

# %%
folder.cleanup()
