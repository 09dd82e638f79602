"""The command `riskpay`: its commands, its global options, and how errors leave it."""

import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from riskpay.cli import (
    backtest,
    cadence,
    calibration,
    changes,
    check_leakage,
    daily,
    demo,
    exits,
    explain,
    features,
    ingest,
    keys,
    models,
    monitor,
    policy,
    report,
    serve,
    synth,
    train,
    tune,
    worklist,
)
from riskpay.cli.options import Globals
from riskpay.cli.output import own_stdout, put_json, say
from riskpay.errors import RiskpayError

app = typer.Typer(
    name="riskpay",
    help="Who will pay late, what a call is worth, whom to call today and what to send when.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS: Final[dict[str, Callable[..., Any]]] = {
    "demo": demo.demo,
    "synth": synth.synth,
    "ingest": ingest.ingest,
    "train": train.train,
    "tune": tune.tune,
    "backtest": backtest.backtest,
    "calibration": calibration.calibration,
    "daily": daily.daily,
    "monitor": monitor.monitor,
    "worklist": worklist.worklist,
    "cadence": cadence.cadence,
    "explain": explain.explain,
    "changes": changes.changes,
    "features": features.features,
    "check-leakage": check_leakage.check_leakage,
    "serve": serve.serve,
}
BARE: Final = {"--ablate": backtest.EVERY}
"""Options that may stand without a value, and the value that they then have."""

for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
app.add_typer(keys.app, name="keys")
app.add_typer(models.app, name="models")
app.add_typer(policy.app, name="policy")
app.add_typer(report.app, name="report")


@app.callback()
def _global_options(
    ctx: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder that holds one company's state.  [default: RISKPAY_HOME or ./riskpay-home]"
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    ctx.obj = Globals(home, debug)


def run() -> None:
    """The entry point: runs the command line and ends the process with its exit code."""
    own_stdout()
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Runs one command line (without the program's name) and returns its exit code.

    An error meant for people becomes a message on stderr; with ``--json`` also one JSON object
    ``{"error": {...}}`` on stdout. Of a bug one line is told, its traceback is kept in a file.
    """
    args = _globals_first(_named(list(arguments))) or ["--help"]
    try:
        code = typer.main.get_command(app).main(args=args, prog_name="riskpay", standalone_mode=False)
    except (RiskpayError, typer.TyperException, typer.Abort, KeyboardInterrupt) as failed:
        if "--debug" in args:
            traceback.print_exception(failed)
        return _told(failed, as_json="--json" in args)
    except Exception as failed:  # noqa: BLE001 - the last place where a bug can be told without a traceback
        bug = "".join(traceback.format_exception(failed))
        if "--debug" in args:
            say(bug)
        return _told(failed, as_json="--json" in args, hint=f"the traceback is in {_kept(bug)}; please report it")
    if code == exits.INTERRUPTED:
        return _told(KeyboardInterrupt(), as_json="--json" in args)
    return code if isinstance(code, int) else exits.DONE


def _named(args: list[str]) -> list[str]:
    """``args`` with the value of every option of ``BARE`` that stands without one: the parser wants each to have one."""
    named: list[str] = []
    for argument, after in pairwise([*args, "--"]):
        named.append(argument)
        if argument in BARE and after.startswith("-"):
            named.append(BARE[argument])
    return named


def _globals_first(args: list[str]) -> list[str]:
    """``--home DIR`` and ``--debug`` may stand anywhere; the parser wants them before the command."""
    end = args.index("--") if "--" in args else len(args)
    first: list[str] = []
    rest: list[str] = []
    at = 0
    while at < end:
        width = 2 if args[at] == "--home" else 1
        own = args[at] in {"--home", "--debug"} or args[at].startswith("--home=")
        (first if own else rest).extend(args[at : min(at + width, end)])
        at += width
    return first + rest + args[end:]


def _told(failed: BaseException, *, as_json: bool, hint: str = "") -> int:
    """Says what went wrong, on stderr and for programs, and returns the exit code."""
    code, message, next_step = _said(failed)
    hint = hint or next_step
    problems = [problem for problem in getattr(failed, "problems", ()) if problem not in message]
    say("\n".join(filter(None, (f"riskpay: {message}", *problems, hint))))
    if as_json:
        kind = type(failed).__name__
        put_json({"error": {"code": code, "kind": kind, "message": message, "hint": hint, "problems": problems}})
    return code


def _said(failed: BaseException) -> tuple[int, str, str]:
    """Exit code, message and hint of an error."""
    if isinstance(failed, RiskpayError):
        return exits.exit_code(failed), failed.message, failed.hint
    if isinstance(failed, typer.TyperException):
        return exits.BAD_USAGE, failed.format_message(), "see riskpay --help and riskpay COMMAND --help"
    if isinstance(failed, KeyboardInterrupt | typer.Abort):
        return exits.INTERRUPTED, "stopped by Ctrl-C", "what was finished before is kept, nothing is half-written"
    return exits.BUG, f"a bug: {type(failed).__name__}: {failed}", ""


def _kept(bug: str) -> str:
    """Keeps a traceback in a new file of the temporary folder and returns its path."""
    handle, path = tempfile.mkstemp(prefix="riskpay-bug-", suffix=".txt", text=True)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(bug)
    return path
