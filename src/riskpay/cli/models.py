"""`riskpay models`: what is registered, make a version champion, go back to a former one; models as files."""

from typing import Annotated

import typer

from riskpay.cli import model_files
from riskpay.cli.options import AsJson, settings_home
from riskpay.cli.output import put_json, show

app = typer.Typer(help="Trained models: champion, challenger and former ones.")
app.command("export")(model_files.export_model)
app.command("import")(model_files.import_model)
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; kept beside the version and in the history.")]


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show every registered model: what it was trained on, how it was judged, which one is champion.

    `gain` is by how much its Brier score beat the naive ratio on the weeks held back from it.

    JSON: `models[].{version, kind, train_as_of, aliases, verdict, promoted, override, withdrawn, tested_from, brier, gain,
    why, recipe, data_version, policy_hash}, history[].{at, version, by, reason}`.
    """
    from riskpay.workflows.models import models

    found = models(settings_home(ctx))
    if as_json:
        put_json(found)
        return
    from riskpay.cli.show_models import models_parts

    show(*models_parts(found))


@app.command()
def promote(
    ctx: typer.Context,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Version, as `models list` shows it.")],
    reason: Reason = "",
    override: Annotated[
        bool, typer.Option("--override", help="Take a model that did not pass the gate; --reason must say why.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a model the champion. One that the gate did not pass is refused, unless --override is given.

    JSON: `champion.{version, train_as_of, ...}, former, reason`.
    """
    from riskpay.workflows.models import promote as make_champion

    done = make_champion(settings_home(ctx), version, reason, override=override)
    if as_json:
        put_json(done)
        return
    show(f"Model {done['champion']['version']} is champion now{_instead(done['former'])}.")


@app.command()
def rollback(
    ctx: typer.Context,
    to: Annotated[
        str | None, typer.Option(metavar="VERSION", help="A former champion.  [default: the one before]")
    ] = None,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Withdraw the champion and go back to a former one, which the next daily run uses.

    The model that was withdrawn answers for no day any more, until `models promote` takes it back.

    JSON: `champion.{version, train_as_of, ...}, withdrawn.{version, ...}, reason`.
    """
    from riskpay.workflows.models import rollback as go_back

    done = go_back(settings_home(ctx), to, reason)
    if as_json:
        put_json(done)
        return
    show(f"Model {done['champion']['version']} is champion again; model {done['withdrawn']['version']} is withdrawn.")


def _instead(former: str | None) -> str:
    return f", instead of model {former}" if former else ""
