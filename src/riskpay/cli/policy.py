"""`riskpay policy`: check a policy file, show the policy in force."""

from pathlib import Path
from typing import Annotated

import typer

from riskpay.cli.exits import BAD_DATA
from riskpay.cli.options import AsJson, settings_home
from riskpay.cli.output import put, put_json
from riskpay.errors import NotThereError, PolicyError

app = typer.Typer(help="The policy file: segments, ladders, caps and weights.")
File = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A policy file.  [default: the home's policy]")]


@app.command()
def check(ctx: typer.Context, file: File = None, as_json: AsJson = False) -> None:
    """Check a policy file and name every fault with its line (exit code 3).

    JSON: `file, errors`.
    """
    from riskpay.decisions.policy_file import load_policy

    name, errors = str(file or "policy.yaml"), []
    try:
        name, text = policy_text(settings_home(ctx), file)
        load_policy(text)
    except PolicyError as failed:
        errors = list(failed.problems) or [failed.message]
    if as_json:
        put_json({"file": name, "errors": errors})
    else:
        put("\n".join(f"{name}: {said}" for said in errors or ["no faults"]))
    if errors:
        raise typer.Exit(BAD_DATA)


@app.command()
def show(ctx: typer.Context, file: File = None, as_json: AsJson = False) -> None:
    """Show the policy in force, with its hash.

    JSON: `file, hash, policy`.
    """
    from riskpay.decisions.policy import policy_hash
    from riskpay.decisions.policy_file import load_policy

    name, text = policy_text(settings_home(ctx), file)
    policy = load_policy(text)
    if as_json:
        put_json({"file": name, "hash": policy_hash(policy), "policy": policy.model_dump(mode="json")})
    else:
        put(f"# {name}, hash {policy_hash(policy)}\n{text}")


def policy_text(home: Path, file: Path | None) -> tuple[str, str]:
    """Name and text of the policy asked for: the file given, else the home's, else the default.

    Raises NotThereError for a file that is not there and PolicyError for one that is no text.
    """
    from riskpay.decisions.policy import default_policy_text

    own = file or home / "policy.yaml"
    try:
        return str(own), own.read_text(encoding="utf-8")
    except FileNotFoundError:
        if file is None:
            return "the default policy", default_policy_text()
        raise NotThereError(f"{file} is not there", "name a policy file, or leave it away for the home's") from None
    except (OSError, UnicodeDecodeError) as failed:
        raise PolicyError(f"{own} cannot be read as text: {failed}", "write it as YAML in UTF-8") from None
