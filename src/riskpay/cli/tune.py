"""`riskpay tune`: settings of training tried on periods of the past."""

from typing import Annotated

import typer

from riskpay.cli.options import AsJson, AsOf, settings_home
from riskpay.cli.output import progress, put_json, show
from riskpay.errors import UsageError


def tune(
    ctx: typer.Context,
    as_of: AsOf = None,
    trials: Annotated[
        int, typer.Option(min=0, metavar="N", help="How many trials the study is to have, earlier calls counted.")
    ] = 30,
    minutes: Annotated[
        float | None, typer.Option(min=0, metavar="M", help="Begin no trial after so many minutes of this call.")
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the best settings to training.toml, if they gain beyond chance.")
    ] = False,
    trial: Annotated[
        int | None,
        typer.Option(min=0, metavar="NUMBER", help="With --apply: write those of this trial, whatever it gains."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try how models are grown on later periods of the past, and write down what is better.

    Each trial grows a model for each of up to three periods, one after the other, of what was known before it, and asks
    it about the items issued in it. The periods end before the weeks that `train` as of the same day holds back, so that
    its test and the gate stay honest. What counts is the log loss of the payment curve: how unlikely a model held
    what is known of when each item was paid. Needs `pip install 'riskpay[tune]'`.

    Trials are kept in tuning.db of the home: a second call goes on, also after Ctrl-C or a crash. A trial that is clearly
    worse after a period is not tried on the others (`pruned`). Changes are against the defaults on the same items, their
    95 % intervals by drawing customers: below 0 the settings are better. `another_seed` says what chance in training alone
    changes. The best of many trials looks better than it is; the test of `train` shows what it is worth.

    `--apply` writes the best trial to training.toml if its interval lies below 0 and it gains more than another seed changes
    (`beyond_chance`); `train` and `backtest` read it. `--trials 0 --apply --trial NUMBER` writes any finished trial
    without trying more.

    JSON: `study, as_of, folds[].{cutoff,until,questions}, defaults, another_seed, trials[].{number,state,log_loss,settings,folds}`,
    with `changes.{log_loss,brier_late,brier_late_30}.{change,low,high}` of all but the defaults (`role`), `best, beyond_chance`, and
    `applied.KEY.{from,to}` of what was written, null if nothing was asked to be or the best is not beyond chance.
    """
    if trial is not None and not apply:
        raise UsageError(f"--trial {trial} without --apply", "add --apply, or leave it out")
    try:
        from riskpay.workflows.tune import apply as write
        from riskpay.workflows.tune import tune as search
    except ImportError as missing:
        raise UsageError(
            f"riskpay tune needs packages that are not installed: {missing}", "pip install 'riskpay[tune]'"
        ) from missing
    home = settings_home(ctx)
    with progress("trying settings") as tell:
        result = search(home, as_of, trials, minutes, tell)
    if apply:
        result = write(home, result, trial)
    if as_json:
        put_json(result.to_json())
        return
    from riskpay.cli.show_tuning import tuning_parts

    show(*tuning_parts(result.to_json(), asked_to_apply=apply))
