"""`riskpay models`: the models of the registry."""

import typer

from riskpay.cli import model_files

app = typer.Typer(help="The models of the registry.")
app.command("export")(model_files.export_model)
app.command("import")(model_files.import_model)
