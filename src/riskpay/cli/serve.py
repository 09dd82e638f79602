"""`riskpay serve`: the API and the pages."""

import sys
from contextlib import redirect_stdout, suppress
from typing import Annotated

import typer

from riskpay.cli.options import AsJson
from riskpay.cli.output import put_json, say


def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on.  [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.  [default: 8000]")] = None,
    as_json: AsJson = False,
) -> None:
    """Serve the lists and the scoring API until stopped with Ctrl-C.

    JSON: `home, host, port, state`, when it has stopped.
    """
    from riskpay.settings import load

    settings = load(ctx.obj.home, host=host, port=port)
    from riskpay.serving.run import serve as listen

    say("stop it with Ctrl-C")
    with suppress(KeyboardInterrupt), redirect_stdout(sys.stderr):
        listen(settings.home, settings.host, settings.port)
    if as_json:
        put_json({"home": str(settings.home), "host": settings.host, "port": settings.port, "state": "stopped"})
