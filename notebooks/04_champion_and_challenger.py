# %% [markdown]
# # Champion and challenger
#
# A champion is trained, then a challenger with other settings, and the gate decides. A planted fault is stopped and
# named. A person promotes and rolls back. Then the matrix that models learn from goes into scikit-learn, and the
# monitor looks at the champion.
#
# Everything happens in a copy of a home, which is deleted at the end; its models stay apart from the home's. `make
# demo` makes a home with a synthetic ledger; name it, or your own, before you start the notebook: `export
# RISKPAY_HOME=/path/to/riskpay-home`.

# %%
import json
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import polars as pl
import pyarrow.parquet as pq
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.by_customer import owners_of
from riskpay.model.curve_estimator import PaymentCurveEstimator
from riskpay.model.differences import brier_difference
from riskpay.model.estimator import PaymentHazardClassifier
from riskpay.model.payment_outcomes import payment_outcomes
from riskpay.model.planted import grown_on_shuffled
from riskpay.model.training import ask_landmarks
from riskpay.reporting import monitor_figures
from riskpay.reporting.figures import INK, MODEL, NAIVE, add_differences, dressed, payment_curves, reliability
from riskpay.reporting.monitor_checks import shown
from riskpay.reporting.wording import check_name, check_status, words
from riskpay.settings import load
from riskpay.workflows.export_matrix import ABOUT, export_matrix
from riskpay.workflows.gate import TARGET, Decided
from riskpay.workflows.home import Home
from riskpay.workflows.models import models, promote, rollback
from riskpay.workflows.monitor import monitor
from riskpay.workflows.slices import segments
from riskpay.workflows.train import train
from riskpay.workflows.training_file import FILE_NAME

tables = pl.Config(tbl_rows=40, fmt_str_lengths=120)  # shown whole
folder = tempfile.TemporaryDirectory()
place = Path(folder.name)
home = place / "home"
shutil.copytree(load().home, home, ignore=shutil.ignore_patterns("mlflow.db*", "artifacts", "scores", "facts"))
opened = Home.open(home)
assert str(home) in opened.settings.mlflow, "models are kept elsewhere: unset RISKPAY_MLFLOW_URI"
assert home in opened.settings.artifacts.parents, "models are kept elsewhere: unset RISKPAY_ARTIFACTS_DIR"
as_of = opened.last_day()

# %% [markdown]
# ## A champion
# Trained as of some weeks ago, with the settings of the home. If it does not pass the gate, a prior model stands in.

# %%
first = train(home, as_of - timedelta(days=35))
champion = first.stand_in or first.model_version
print(f"champion {champion}, trained as of {first.train_as_of}, tested from {first.tested_from}")
print(*first.verdict.why, sep="\n")

# %% [markdown]
# ## A challenger
# Today's data, other settings: fewer and smaller trees, and fewer days on which an open item is asked again.
# `training.toml` is where a data scientist says so; what it said is kept with the model.

# %%
(home / FILE_NAME).write_text(
    "rounds = 60\npatience = 10\nlearning_rate = 0.1\nleaves = 7\nlandmark_days = [1, 8, 31]\n", encoding="utf-8"
)
challenger = train(home, as_of)
print(f"model {challenger.model_version}: {'promoted' if challenger.verdict.promoted else 'not promoted'}")
for finding in challenger.verdict.findings:
    print(f"{finding.rule}: {'passed' if finding.passed else 'FAILED'}, {finding.said}")
print(*challenger.verdict.notes, sep="\n")

# %% [markdown]
# A model of another recipe must be shown to be better than the champion; that it may be as good is not enough, or
# champions would follow one another by luck. The same recipe on newer data must only be shown to be no worse.
#
# The gate's comparison by the customers' segment. Both models answer what neither learnt from: the
# challenger's trial model, frozen before the weeks held back, and for a champion that learnt from them the trial
# model kept beside it. Left of zero the challenger is better.

# %%
opened = Home.open(home)
registry = opened.registry
known = opened.ledger.known(as_of, "start")
settings = opened.train_settings
asked = ask_landmarks(known, as_of, settings)
held_back = (asked.frame["as_of"] >= challenger.tested_from) & asked.frame["at_issue"]
later = Decided.of(known, asked.where(held_back), known.last_known_on(), settings)
ours = registry.read_trial(challenger.model_version)
kept = registry.read(champion)
theirs = kept if kept.train_as_of <= challenger.tested_from else registry.read_trial(champion)
days = settings.days_late(TARGET)
p_ours = ours.p_late(later.asked.frame, days)
rivals = {"naive ratio": later.naive(ours)} | ({"champion": theirs.p_late(later.asked.frame, days)} if theirs else {})
owners = owners_of(later.asked.frame)
members = segments(
    known, later.asked.frame, opened.policy, challenger.tested_from, opened.reporting_currency()
).to_numpy()
parts = [
    ("in all", np.ones(len(members), dtype=bool)),
    *((words(name), members == name) for name in np.unique(members)),
]
paired = pl.DataFrame(
    [
        {
            "segment": name,
            "against": rival,
            "questions": int(here.sum()),
            **brier_difference(later.happened[here], p_ours[here], p[here], owners[here]).to_json(),
        }
        for rival, p in rivals.items()
        for name, here in parts
    ]
)
paired

# %%
by_segment = dressed(
    go.Figure(),
    "Challenger less champion and naive ratio, by segment (questions)",
    "Brier score, challenger less the other; bars: 95 % by drawing customers",
).update_layout(scattermode="group", height=420, width=1000)
labelled = paired.filter(pl.col("low").is_not_null()).with_columns(label=pl.format("{} ({})", "segment", "questions"))
for rival, colour in (("champion", MODEL), ("naive ratio", NAIVE)):
    part = labelled.filter(against=rival)
    add_differences(by_segment, part, f"less {rival}", colour, orientation="h", offsetgroup=rival)
by_segment.add_vline(x=0, line={"color": INK, "width": 1})
by_segment.update_xaxes(zeroline=False)
by_segment.update_yaxes(autorange="reversed", automargin=True)
by_segment

# %% [markdown]
# ## A planted fault
# A join by the wrong key gives every item another one's outcome; nothing crashes, and a model comes out. Here labels
# are dealt out anew within each interval before the trees grow. The gate finds that the model does not know its own
# training questions, and says so.

# %%
planted = train(home, as_of, grower=grown_on_shuffled)
print("failed:", ", ".join(planted.verdict.failed))
print(*(finding.said for finding in planted.verdict.findings if not finding.passed), sep="\n")

# %%
assert not planted.verdict.promoted
assert "labels" in planted.verdict.failed
assert not planted.is_champion

# %% [markdown]
# What it says of the weeks held back, beside the challenger that was grown honestly: the planted one tells nothing
# apart.

# %%
honest, shuffled = challenger.tests[TARGET], planted.tests[TARGET]
assert (honest.happened == shuffled.happened).all()
bold = {"challenger": honest.predictions["model"], "planted": shuffled.predictions["model"]}
ranked = reliability(honest.happened, bold, "Late: predicted and observed").update_layout(width=800, height=520)
ranked

# %% [markdown]
# ## Promote, and the way back
# What the gate failed is taken only against it, with a reason that is kept. Rolling back withdraws a model, which
# then answers for no day, and puts the champion before it in its place.

# %%
if not challenger.is_champion:
    failed = not challenger.verdict.promoted
    promote(home, challenger.model_version, "a trial in the notebook", override=failed)
done = rollback(home, reason="the trial is over")
print(f"model {done['withdrawn']['version']} is withdrawn, model {done['champion']['version']} is champion again")
registered = pl.DataFrame(models(home)["models"], infer_schema_length=None)
registered.select("version", "kind", "train_as_of", "aliases", "verdict", "override", "withdrawn", "brier", "gain")

# %%
history = pl.DataFrame(models(home)["history"])
history

# %%
assert registered.filter(pl.col("aliases").list.contains("champion"))["version"].to_list() == [champion]
assert history["by"].to_list()[0] == "rollback"

# %% [markdown]
# ## The matrix, in scikit-learn
# The very rows that boosters learn from: a question and an interval each, with the label, a weight, and the features
# as of the question's day. Folds are drawn by customer: rows of one customer know one another.

# %%
exported = export_matrix(home, place / "matrix.parquet", as_of)
about = json.loads(pq.read_schema(exported.path).metadata[ABOUT.encode()])
frame = pd.read_parquet(exported.path)
X, paid, weight = frame[about["features"]], frame[about["label"]].astype(bool), frame[about["weight"]]
print(f"{exported.rows} rows, {exported.features} features, paid in {paid.mean():.1%} of the intervals")
hazard = make_pipeline(PaymentHazardClassifier(rounds=(30, 40), n_jobs=1))
folds = GroupKFold(3)
p_paid = cross_val_predict(
    hazard,
    X,
    paid,
    groups=frame["customer_id"],
    cv=folds,
    method="predict_proba",
    params={"paymenthazardclassifier__sample_weight": weight},
)[:, 1]
grown = hazard.fit(X, paid, paymenthazardclassifier__sample_weight=weight)[-1]
looks_at = pd.Series(grown.feature_importances_, index=grown.feature_names_in_).nlargest(12)[::-1]
gains = go.Figure(go.Bar(x=looks_at, y=[words(name) for name in looks_at.index], orientation="h", marker_color=MODEL))
dressed(gains, "What the trees split on: share of the gain", "share of the gain in all trees")
gains.update_layout(height=420, width=900)
gains.update_xaxes(tickformat=".0%")
gains.update_yaxes(automargin=True)
gains

# %% [markdown]
# Customers that the trees never saw: predicted and seen shares of intervals in which an item was paid.

# %%
unseen = reliability(paid.to_numpy(), {"by unseen customers": p_paid}, "Paid in the interval: predicted and observed")
unseen.update_layout(width=800, height=520)
unseen

# %% [markdown]
# `PaymentCurveEstimator` takes questions and makes their intervals itself; a question is here an item at its issue.
# Outcomes are censored as riskpay does it: what a credit note settled was not paid, and what is not known yet counts
# for no interval.

# %%
questions = frame[frame["at_issue"]].drop_duplicates([*ITEM_KEY, "as_of"])
ends = latest(item_states(known, settings.features.tolerance)).select(*ITEM_KEY, "settled_on", "settled_by").to_pandas()
questions = questions.merge(ends, on=list(ITEM_KEY), how="left").sort_values("as_of", kind="stable")
inputs = ["days_from_due", "late_share", "mean_days_late", "settled_count", "amount_log"]
due, settled_on = (questions[name].to_numpy("datetime64[D]") for name in ("due_date", "settled_on"))
y = payment_outcomes(due, settled_on, np.datetime64(as_of), questions["settled_by"], lag_days=settings.lag_days)
prepared = make_column_transformer(
    (SimpleImputer(), ["late_share", "mean_days_late"]), remainder="passthrough", verbose_feature_names_out=False
).set_output(transform="pandas")
pipeline = make_pipeline(prepared, PaymentCurveEstimator(rounds=60, lag_days=settings.lag_days, n_jobs=1))
cut = int(0.8 * len(questions))
before = np.datetime64(questions["as_of"].iloc[cut], "D")
y_before = payment_outcomes(due, settled_on, before, questions["settled_by"], lag_days=settings.lag_days)
pipeline.fit(questions[inputs][:cut], y_before[:cut])
skill = pipeline.score(questions[inputs][cut:], y[cut:])
print(f"Brier skill over the past share, on the newest fifth of the questions: {skill:.3f}")

# %% [markdown]
# Its curves by the customer's record: who was mostly late stays unpaid for longer. Five features make no model of
# riskpay, but the same loss, censoring and curve.

# %%
newest = questions[inputs][cut:]
habits = {"usually on time": newest["late_share"] < 0.3, "usually late": newest["late_share"] > 0.6}
curves = {
    name: pipeline[-1].predict_curve(pipeline[:-1].transform(newest[who])) for name, who in habits.items() if who.any()
}
by_habit = payment_curves(curves, "Payment curve at issue, by the customer's past late share")
by_habit.update_layout(width=900, height=480)
by_habit

# %%
assert exported.features == len(about["features"])
assert all((np.diff(matrix, axis=1) <= 1e-6).all() for matrix in curves.values())

# %% [markdown]
# ## The monitor
# The champion is some weeks old. Does data come, does it look as it did, and does what it says come true? `riskpay
# monitor` gives the same as an exit code for schedulers and as a page.

# %%
watched = monitor(home, as_of).to_json()
print(f"model {watched['model_version']}: {check_status(watched['status'])}; {watched['basis']}")
pl.DataFrame(
    [
        {"check": check_name(check["name"]), "status": check_status(check["status"]), "said": check["said"]}
        for check in shown(watched)
    ]
)

# %% [markdown]
# Features that moved most: a dot counts only to the right of its mark, which says how far four weeks usually lie from
# what came before.

# %%
rules = opened.policy.monitor
moved = [one for one in watched["series"]["moved"].get("at_issue", ()) if one["column"] != "p_late"]
drift = monitor_figures.features(moved, rules.psi.warn, rules.psi.alarm).update_layout(width=900)
drift

# %% [markdown]
# Told and happened, by month of the answer. Few months, and wide bars: a young champion has not many answers yet
# whose truth is out.

# %%
told = monitor_figures.calibration(watched["series"]["by_month"].get("late", ()))
told.update_layout(width=900, title="Late: told and happened", margin={"t": 70})
told

# %%
assert watched["model_version"] == champion
folder.cleanup()
