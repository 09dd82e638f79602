"""`riskpay train`: fit, calibrate, evaluate, register."""

import typer

from riskpay.cli.options import AsJson, AsOf, settings_home
from riskpay.cli.output import progress, put_json, show


def train(ctx: typer.Context, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """Train a model on what was known on a day, and make it champion if it is good enough.

    JSON: `model_version, metrics, promoted`.
    """
    home = settings_home(ctx)
    from riskpay.workflows.train import train as fit

    with progress("training") as tell:
        result = fit(home, as_of, tell).to_json()
    if as_json:
        put_json(result)
        return
    from riskpay.cli.show_figures import training_parts

    show(*training_parts(result))
