"""`riskpay models export` and `import`: a model as one file."""

from pathlib import Path
from typing import Annotated

import typer

from riskpay.cli.options import AsJson, settings_home
from riskpay.cli.output import progress, put_json, say, show


def export_model(
    ctx: typer.Context,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Number of the version, or champion.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, such as model.joblib.")],
    as_json: AsJson = False,
) -> None:
    """Write a model into one file that any Python with riskpay can carry, and its SHA-256 into FILE.sha256.

    `riskpay.model.portable.load(FILE, sha256=...)` gives an object with `predict_proba`, without a home. Tell the sum to whoever
    gets the file over another way than the file: docs/scikit-learn.md says why.

    JSON: `model_version, path, sha256, sidecar, trial`.
    """
    home = settings_home(ctx)
    from riskpay.workflows.model_files import export_model as write

    with progress("exporting"):
        done = write(home, version, file)
    if as_json:
        put_json(done.to_json())
        return
    show(f"Model {done.model_version} is in {done.path}, its SHA-256 is", done.sha256)


def import_model(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `riskpay models export` wrote.")],
    sha256: Annotated[
        str | None,
        typer.Option(metavar="HEX", help="The sum that you were told with the file.  [default: that in FILE.sha256]"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the SHA-256 of a file and register the model in it as a challenger; it is not promoted.

    Without --sha256 the sum in FILE.sha256 counts, which proves only that the file is whole. Nothing of the file is read before
    its sum is checked, and no code in it can run: a model is text.

    JSON: `model_version, train_as_of, about, sha256, differing`.
    """
    home = settings_home(ctx)
    from riskpay.workflows.model_files import import_model as read

    with progress("importing"):
        done = read(home, file, sha256)
    if sha256 is None:
        say(f"the sum lay beside {file}: it proves that the file is whole, not who made it")
    if done.differing:
        say(f"it was written with {', '.join(done.differing)}")
    if as_json:
        put_json(done.to_json())
        return
    show(f"Model {done.model_version}, trained as of {done.train_as_of}, is registered as challenger.")
