"""The reference of the command line, rendered from the commands themselves."""

import inspect
from collections.abc import Iterator
from typing import Any

import typer

from riskpay.cli.exits import MEANINGS
from riskpay.cli.main import app

_HEAD = """# The commands

`riskpay COMMAND --help` says the same in the terminal. `--home DIR` (else `RISKPAY_HOME`, else `./riskpay-home`) may stand
before or after the command. With `--json` a command prints one JSON object on stdout and nothing else there; progress
and messages go to stderr. An error then is `{"error": {"code", "kind", "message", "hint", "problems"}}`. Names, options
and JSON keys stay; keys may be added.

| exit code | meaning |
|---|---|
"""


def render() -> str:
    """docs/commands.md: exit codes, then every command with its options and JSON keys."""
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in MEANINGS.items())
    sections = (_section(name, command) for name, command in _commands(typer.main.get_command(app)))
    return _HEAD + codes + "".join(sections)


def _commands(group: Any, before: str = "riskpay") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - typer keeps its command classes private
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}", command


def _section(name: str, command: Any) -> str:  # noqa: ANN401 - as above
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = " ".join([name, *(p.metavar or (p.name or "").upper() for p in arguments), "[OPTIONS]" if options else ""])
    text = inspect.cleandoc(command.help or "").strip()
    rows = [(p.metavar or (p.name or "").upper(), p) for p in arguments] + [(", ".join(p.opts), p) for p in options]
    table = "".join(f"| `{label}` | {_default(p)} | {p.help} |\n" for label, p in rows)
    return f"\n## {usage.strip()}\n\n{text}\n\n| argument or option | default | meaning |\n|---|---|---|\n{table}"


def _default(parameter: Any) -> str:  # noqa: ANN401 - as above
    if parameter.required:
        return "required"
    return "" if parameter.default in (None, False) else f"`{parameter.default}`"
