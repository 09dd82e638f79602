# %% [markdown]
# # From a ledger to today's call list
#
# A synthetic ledger goes the whole way: load, train, test, score, rank, and explain. Everything happens in a folder that is
# deleted at the end. With your own export, put its path and format into the second cell and leave the first one out.

# %%
import tempfile
from datetime import timedelta
from pathlib import Path

import polars as pl

from riskpay.reporting.figures import payment_curves, reliability
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows.daily import daily
from riskpay.workflows.explain import explain
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest
from riskpay.workflows.lists import cadence, worklist
from riskpay.workflows.scoring import NewItem, open_scorer
from riskpay.workflows.train import train

folder = tempfile.TemporaryDirectory()
place = Path(folder.name)
world = synthesise(customers=120, months=12, seed=3)
write_world(world, place / "export")

# %% [markdown]
# ## Load
# Rows accepted, rejected and duplicate add up to rows read, in number and in money.

# %%
home = place / "home"
loaded = ingest(home, place / "export", "canonical", world.as_of)
print(f"read {loaded.read.rows}, accepted {loaded.accepted.rows}, rejected {loaded.rejected.rows}")
as_of = Home.open(home).last_day()

# %% [markdown]
# ## Train and test
# The figures come from a model that knew nothing of the last fifth of the questions. The model registered learns from all.

# %%
trained = train(home, as_of)
print(f"model {trained.model_version}, promoted: {trained.verdict.promoted}", *trained.verdict.why, sep="\n  ")
late = trained.tests["late"]
figures = pl.DataFrame([{"predictor": name, **scores.to_json()} for name, scores in late.scores.items()])
figures

# %% [markdown]
# Said and seen: points on the diagonal belong to chances that can be taken at their word.

# %%
shown = {name: late.predictions[name] for name in ("model", "naive_ratio")}
calibration = reliability(late.happened, shown, "Late: predicted and observed")
calibration

# %% [markdown]
# ## Do the day
# Score what is open, put customers into segments, plan what is sent when, publish whom to call.

# %%
done = daily(home, as_of, without_model=not trained.has_champion)
print(f"{done.open_items} open items of {done.customers} customers, {done.steps} steps planned")
listed = worklist(home, as_of, top=8)
calls = pl.DataFrame(
    [
        {
            "customer": entry["name"] or entry["customer_id"],
            "collect": f"{entry['collectible_amount']} {entry['currency']}",
            "call value": entry["call_value"],
            "why": ". ".join(entry["reasons"]),
        }
        for entry in listed["entries"]
    ]
)
calls

# %% [markdown]
# ## One customer
# Its cadence: what was sent, what is planned, what is held back, each with the rule behind it.

# %%
first = listed["entries"][0]
steps = pl.DataFrame(cadence(home, first["customer_id"], as_of)["steps"])
steps.select("due_on", "invoice_id", "channel", "tone", "state", "rule")

# %% [markdown]
# ## Why, for one invoice
# Reasons are what the features add to the log-odds of being late.

# %%
told = explain(home, first["items"][-1]["invoice_id"], as_of)
reasons = pl.DataFrame(told["reasons"])
reasons

# %% [markdown]
# ## Ask about a new invoice
# Known customers are scored by their history. New ones get an answer too, and a flag.

# %%
issued = as_of + timedelta(days=1)
asked = [
    NewItem(
        "known",
        first["customer_id"],
        issued,
        issued + timedelta(days=30),
        250_000,
        first["currency"],
        first["company_id"],
    ),
    NewItem("new", "nobody-yet", issued, issued + timedelta(days=30), 250_000, first["currency"], first["company_id"]),
]
answers = open_scorer(home, as_of).score(asked, as_of, with_reasons=True)
for item, answer in zip(asked, answers, strict=True):
    print(f"{item.ref}: late {answer.risk.p_late:.0%}, new customer: {answer.risk.is_new}, segment {answer.segment}")

# %%
curves = {
    item.ref: pl.Series(answer.risk.curve.unpaid).to_numpy()[None, :]
    for item, answer in zip(asked, answers, strict=True)
}
payment = payment_curves(curves, "Payment curve from the issue day")
payment

# %%
folder.cleanup()
