"""`riskpay backtest`: a model frozen at a cutoff, asked about the items issued after it."""

from datetime import date
from typing import Annotated, Final

import typer

from riskpay.cli.options import AsJson, day, settings_home
from riskpay.cli.output import progress, put_json, show
from riskpay.errors import UsageError

EVERY: Final = "all"
"""What `--ablate` without a name stands for: every family."""


def backtest(
    ctx: typer.Context,
    cutoff: Annotated[date, typer.Option(parser=day, metavar="DATE", help="The model knows nothing from this day on.")],
    until: Annotated[
        date | None, typer.Option(parser=day, metavar="DATE", help="Last issue day asked about, included.")
    ] = None,
    ablate: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Measure what features add: families or features, commas between them; all families without a name.",
        ),
    ] = None,
    full: Annotated[
        bool,
        typer.Option("--full", help="Assess the model as a person would: on the open book, by money, and by parts."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure the model and three naive rules on items issued from the cutoff on.

    JSON: `targets.{late,late_30}.{model,naive_ratio,naive_mean,naive_constant}.{n,base_rate,roc_auc,pr_auc,brier,ece}`.

    With `--ablate`, models without each family (or feature) are grown as well and compared with the full one, four
    trainings each: on three periods before the cutoff, by which features may be chosen, and on the test itself, by
    which they may not. What is left out is left out of the customer's habit too, where the trees start. Changes are
    without less with, their 95 % intervals by drawing customers: in Brier and log loss above 0, in ROC-AUC below 0,
    the family helps. `another_seed` says what chance alone changes. JSON: `ablation[].{family,feature,features,read}`,
    and by `{validation,test}.{late,late_30}` `n` and `{brier,log_loss,roc_auc}.{change,low,high}`;
    `ablation_basis.{windows,full,another_seed}`.

    With `--full` the same model is also asked about every item open on each Monday, those not yet due and overdue ones
    apart. JSON: `at_issue.TARGET`, `snapshots.{not_due,overdue}.TARGET` with `late`, `late_30`, `late_60`, `late_90`, and on
    snapshots `unpaid_7`, `unpaid_30`, `unpaid_60`, `unpaid_90` (days from the question): each predictor as above with `mean_p` and
    `amount_{base_rate,mean_p,brier}`, `intervals`, and `less.NAIVE.{brier,amount_brier,roc_auc}.{change,low,high}`, the
    model less the naive rule. `days_late`, `capacity`, `slices`, `effective`, `weeks`, `curves`, `reliability`, `lift`, `assessment_basis`.
    """
    if until is not None and until < cutoff:
        raise UsageError(f"--until {until} lies before --cutoff {cutoff}", "swap them, or leave --until away")
    from riskpay.features.catalogue import FeatureSettings
    from riskpay.model.subset import families, groups
    from riskpay.settings import load

    home = settings_home(ctx)
    features = FeatureSettings(disputes=load(home).dispute_features).catalogue
    names = [] if ablate is None else [name.strip() for name in ablate.split(",")]
    without = groups(families(features) if names == [EVERY] else names, features)
    from riskpay.workflows.backtest import backtest as measure

    with progress("training on what was known at the cutoff") as tell:
        result = measure(home, cutoff, until, tell, without, full=full).to_json()
    if as_json:
        put_json(result)
        return
    from riskpay.cli.show_ablation import ablation_parts
    from riskpay.cli.show_assessment import assessment_parts
    from riskpay.cli.show_figures import backtest_parts

    show(*backtest_parts(result), *ablation_parts(result), *assessment_parts(result))
