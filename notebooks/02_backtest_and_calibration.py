# %% [markdown]
# # Is it right as often as it says: backtest and calibration
#
# Reads a home and changes nothing in it. `make demo` makes one with a synthetic ledger; name it, or your own, before
# you start the notebook: `export RISKPAY_HOME=/path/to/riskpay-home`.
#
# A model is frozen on a day of the past and asked about what came later. What it says is held against what happened,
# and against three naive rules that need no model: the customer's past late share (`naive_ratio`), a regression on
# its mean days late (`naive_mean`), and the share of all items (`naive_constant`).

# %%
import numpy as np
import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from riskpay.model.band import SUPPORT
from riskpay.reporting.figures import CAME, GRID, INK, MODEL, NAIVE, add_told_apart, dressed
from riskpay.reporting.panel_pages import page
from riskpay.reporting.panels import SITUATIONS, TARGETS, pictures
from riskpay.reporting.wording import words
from riskpay.settings import load
from riskpay.workflows.backtest import backtest
from riskpay.workflows.book import score_open_items
from riskpay.workflows.certificate import certificate
from riskpay.workflows.home import Home
from riskpay.workflows.kept_facts import facts_of_day

tables = pl.Config(tbl_rows=40, fmt_str_lengths=120)  # shown whole
home = load().home
opened = Home.open(home)
as_of = opened.last_day()
issued = opened.ledger.invoices["issue_date"].sort()
cutoff = issued[int(0.55 * len(issued))]
print(
    f"invoices from {issued[0]} to {issued[-1]}; the model is frozen on {cutoff}, those issued from then on are asked"
)

# %% [markdown]
# ## The backtest
# The model learns from what was known before the cutoff. Later items are asked on their issue day, with what was
# known before that day. Brier score and ECE are better when lower, ROC-AUC when higher; `base_rate` is the share that
# was late, `mean_p` the share that was predicted.

# %%
found = backtest(home, cutoff, full=True)
assessment = found.assessment
late = assessment.at_issue["late"]
pl.DataFrame(
    [{"predictor": name, **score.to_json(), "mean_p": late.mean_p[name]} for name, score in late.scores.items()]
)

# %% [markdown]
# ## Better than the naive rules?
# Model and rule answer the same questions, so their difference is surer than either score. It is drawn anew for
# customers, not for invoices: the items of one customer share its luck, and intervals that forget this are too short.
# Left of zero the model is better. Where a bar holds zero, this many customers cannot tell.
#
# At issue one asks whether the item will be late. On the Mondays of the period the whole open book is asked: items
# not yet due, and apart from them the overdue ones. These are late already, so there the question is who is still
# unpaid some days on.

# %%
judged = {"at_issue": assessment.at_issue, **assessment.snapshots}
paired = pl.DataFrame(
    [
        {
            "asked": SITUATIONS[situation],
            "target": TARGETS[target],
            "questions": one.n,
            "happened": one.scores["model"].base_rate,
            "rule": rule,
            **less["brier"].to_json(),
        }
        for situation, by_target in judged.items()
        for target, one in by_target.items()
        for rule, less in one.less.items()
    ]
).filter(pl.col("low").is_not_null())
rules = paired["rule"].unique(maintain_order=True).to_list()
forest = make_subplots(
    rows=1, cols=len(rules), shared_yaxes=True, subplot_titles=[f"less {words(rule)}" for rule in rules]
)
dressed(forest, "Model less each naive rule, 95 % by drawing customers", "Brier score, model less rule")
for column, rule in enumerate(rules, start=1):
    of_rule = paired.filter(rule=rule)[::-1].with_columns(label=pl.col("asked") + ": " + pl.col("target"))
    add_told_apart(forest, of_rule, showlegend=column == 1, row=1, col=column)
    forest.add_vline(x=0, line={"color": INK, "width": 1}, row=1, col=column)
forest.update_xaxes(zeroline=False)
forest.update_yaxes(automargin=True)
forest.update_layout(
    height=180 + 26 * paired.select("asked", "target").n_unique(),
    width=1180,
    legend={"orientation": "h", "yref": "container", "y": 0.01, "yanchor": "bottom"},
    margin={"t": 90, "b": 100},
)
forest

# %% [markdown]
# The same as figures: everything in which the model is not shown to be better than some rule. Such rows are usual
# where few things happen (long delays) and on overdue items, where how long an item is overdue tells most of what
# there is to know.

# %%
not_better = paired.filter(pl.col("high") >= 0)
print(f"not shown to be better in {not_better.height} of {paired.height} comparisons")
not_better.sort("change", descending=True)

# %% [markdown]
# ## Weekly snapshots
# What the open book was asked on its Mondays. `mean_p` beside `happened` says whether the level is right, in items
# and in money.

# %%
print(
    f"{assessment.basis.asked} questions on {len(assessment.basis.mondays)} Mondays, outcomes known until {found.until}"
)
pl.DataFrame(
    [
        {
            "asked": SITUATIONS[situation],
            "target": TARGETS[target],
            "questions": one.n,
            "customers": one.customers,
            "happened": one.scores["model"].base_rate,
            "mean_p": one.mean_p["model"],
            "happened_money": one.money["model"].amount_base_rate,
            "mean_p_money": one.money["model"].amount_mean_p,
            "ROC-AUC": one.scores["model"].roc_auc,
            "Brier": one.scores["model"].brier,
        }
        for situation, by_target in assessment.snapshots.items()
        for target, one in by_target.items()
    ]
)

# %% [markdown]
# ## Reliability
# Questions in ten bins of equal count by what was predicted; on the dotted line as many happened as were told. Bars
# are two standard errors. A line that is flatter than the dotted one belongs to a model that is too bold, a steeper
# one to one that is too shy.
#
# At issue: late, and by more than so many days.

# %%
shown = {name: page(picture).update_layout(width=1180) for name, picture in pictures(assessment.to_json()).items()}
shown["reliability_at_issue"]

# %% [markdown]
# The open book before the due date: P(late), and P(unpaid) 7, 30, 60 and 90 days after the Monday.

# %%
shown["reliability_not_due"]

# %% [markdown]
# Overdue items have the curve alone.

# %%
shown["reliability_overdue"]

# %% [markdown]
# A level that drifts shows week by week before it shows in a total: the model's line should go along with what came.

# %%
shown["drift"]

# %% [markdown]
# ## The certificate
# At its training a model is measured on the weeks held back from it. That is kept beside it, and printed by `riskpay
# calibration`. A line holds if told and seen differ by no more than two points, or by three standard errors,
# customers counted whole. The last line is of days, not of chances: the share of payments that fell into the interval
# given for their pay date.

# %%
kept = certificate(home)
lines = pl.DataFrame(kept["lines"], infer_schema_length=None)
said = "holds" if kept["holds"] else "does not hold"
print(f"model {kept['model_version']} {said} on questions from {kept['first']} to {kept['last']}; {kept['basis']}")
lines.filter(by="all").drop("by", "slice")

# %% [markdown]
# By segment, size, country, the customer's record and the moment of asking. Each cell is what happened less what was
# told, in points; blue: less happened than was told, red: more. Grey cells had too few questions, a bold frame marks
# what does not hold. For the pay date red is good: more payments fell into their intervals than had to.

# %%
chances = lines["chance"].unique(maintain_order=True).to_list()
parts = lines.select("by", "slice").unique(maintain_order=True).sort("by", maintain_order=True)
gaps = lines.with_columns(gap=pl.when(pl.col("holds").is_not_null()).then(100 * (pl.col("seen") - pl.col("told"))))
wide = parts.join(gaps.pivot("chance", index=["by", "slice"], values="gap"), on=["by", "slice"], how="left")
names = ["in all" if by == name else f"{words(by)}: {words(name)}" for by, name in parts.iter_rows()]
values = wide.select(chances).to_numpy()
heads = [TARGETS.get(chance.removeprefix("p_"), "pay date in its interval") for chance in chances]
largest = max(5.0, float(np.nanmax(np.abs(values))))
slices = go.Figure(
    go.Heatmap(
        z=values,
        x=heads,
        y=names,
        zmin=-largest,
        zmax=largest,
        colorscale=[[0, MODEL], [0.5, "#ffffff"], [1, CAME]],
        texttemplate="%{z:+.1f}",
        hoverongaps=False,
        xgap=2,
        ygap=2,
        colorbar={"title": "points"},
    )
)
for line in lines.filter(~pl.col("holds")).iter_rows(named=True):
    x, y = chances.index(line["chance"]), parts.rows().index((line["by"], line["slice"]))
    slices.add_shape(type="rect", x0=x - 0.48, x1=x + 0.48, y0=y - 0.46, y1=y + 0.46, line={"color": INK, "width": 2.5})
dressed(slices, f"Seen less told, by slice (model {kept['model_version']})")
slices.update_layout(plot_bgcolor=GRID, height=170 + 24 * len(names), width=1000, margin={"t": 110})
slices.update_xaxes(showgrid=False, side="top", ticklabelstandoff=4)
slices.update_yaxes(showgrid=False, autorange="reversed", automargin=True, dtick=1)
slices

# %% [markdown]
# ## Bands
# One outcome an item does not show how far a chance of one item is off. What can be measured is how residuals of one
# customer's items go together; its band is made of that, and is wide where little is known of the customer. Here are
# bands around three chances.

# %%
champion = opened.registry.champion_for(as_of)
band = go.Figure()
support = np.asarray(SUPPORT)
for chance, colour in ((0.2, NAIVE), (0.5, MODEL), (0.8, CAME)):
    low, high = champion.model.band.around(np.full(len(support), chance), support)
    band.add_scatter(
        x=[f"{n} or more" if n else "under 3" for n in SUPPORT],
        y=np.full(len(support), chance),
        error_y={"array": high - chance, "arrayminus": chance - low, "thickness": 2, "width": 6},
        mode="markers",
        marker={"color": colour, "size": 9},
        name=f"told {chance:.0%}",
    )
dressed(
    band,
    "Band around a chance, by how much is known",
    "settled items of the customer",
    "where the true chance may lie",
).update_layout(scattermode="group", scattergap=0.6, height=420, width=900)
band.update_yaxes(range=[0, 1], tickformat=".0%")
band

# %% [markdown]
# On today's open book: the mean width, and the share of items of which too little is known to say, by the policy's
# limit (`scores.max_band`). People are shown these as uncertain.

# %%
known = opened.ledger.known(as_of, "end")
facts = facts_of_day(opened, known, champion.model.features)
risks = score_open_items(known, facts, as_of, champion.model, champion.version).risks
abstains = [risks.risk(row).abstains(opened.policy.scores.max_band) for row in range(risks.items.height)]
bands = (
    risks.items.with_columns(
        abstains=pl.Series(abstains),
        from_support=pl.Series(support[np.searchsorted(SUPPORT, risks.items["support"].to_numpy(), side="right") - 1]),
    )
    .group_by("from_support")
    .agg(
        items=pl.len(),
        p_late_width=(pl.col("p_late_high") - pl.col("p_late_low")).mean(),
        p_unpaid_30_width=(pl.col("p_unpaid_30_high") - pl.col("p_unpaid_30_low")).mean(),
        abstains=pl.col("abstains").mean(),
    )
    .sort("from_support")
)
bands

# %% [markdown]
# ## Where it is not better
# The whole may be better and a part not. Each part of the backtest is held against the customer's past late share,
# which is the rule to beat: a part whose bar lies right of zero is better served by the share, one whose bar holds
# zero needs more customers.

# %%
sliced = assessment.slices["at_issue.late"]
by_part = pl.DataFrame(
    [
        {
            "part": f"{words(column)}: {words(value)}",
            "questions": part.scores.n,
            "customers": part.customers,
            "happened": part.scores.base_rate,
            "mean_p": part.mean_p,
            **part.less.to_json(),
        }
        for column, by_value in sliced.items()
        for value, part in by_value.items()
    ]
).filter(pl.col("low").is_not_null())
of_parts = dressed(
    go.Figure(),
    "Late at issue: model less the past late share, by part (questions)",
    "Brier score, model less naive ratio; bars: 95 % by drawing customers",
).update_layout(height=180 + 26 * by_part.height, width=1000)
add_told_apart(of_parts, by_part.with_columns(label=pl.format("{} ({})", "part", "questions")))
of_parts.add_vline(x=0, line={"color": INK, "width": 1})
of_parts.update_xaxes(zeroline=False)
of_parts.update_yaxes(autorange="reversed", automargin=True)
of_parts

# %% [markdown]
# What this page says is checked as it says it: the rules are three, overdue items are asked of the curve alone, and
# the slices of one kind are all the questions there are.

# %%
assert set(rules) == set(late.less)
assert all(target.startswith("unpaid") for target in assessment.snapshots["overdue"])
assert all(sum(part.scores.n for part in by_value.values()) == late.n for by_value in sliced.values())
assert bands["items"].sum() == risks.items.height
