"""`riskpay keys`: make, list and revoke the keys of the API and the pages."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskpay.cli.options import AsJson
from riskpay.cli.output import put, put_json, say, show
from riskpay.errors import NotThereError, UsageError

if TYPE_CHECKING:
    from riskpay.store.database import Store
    from riskpay.store.keys import Key

app = typer.Typer(help="Keys of the API and the pages.")
MOST_LETTERS = 80


@app.command()
def add(
    ctx: typer.Context,
    label: Annotated[str, typer.Argument(metavar="LABEL", help="Who is to use it, such as: our ERP.")],
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, this once: only its hash is stored.

    JSON: `key_id, label, prefix, key`.
    """
    from riskpay.store.keys import FIRST_KEY

    name = label.strip()
    if not name or not name.isprintable() or len(name) > MOST_LETTERS or name == FIRST_KEY:
        raise UsageError(
            f"{label!r} cannot label a key; allowed is text of 1 to {MOST_LETTERS} letters other than {FIRST_KEY!r}, "
            "which the service uses",
            "say who is to use the key",
        )
    with _store(ctx, make=True) as store:
        token = store.keys.create(name)
        made = store.keys.verify(token)
    if as_json:
        put_json({**(_key_json(made) if made else {}), "key": token})
        return
    say("the key, shown this once; send it as `Authorization: Bearer KEY`, or sign in to the pages with it:")
    put(token)


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show every key by number and label, never the key itself.

    JSON: `keys[].{key_id, label, prefix, created_at, revoked_at}`.
    """
    with _store(ctx) as store:
        keys = [_key_json(key) for key in store.keys.all()]
    if as_json:
        put_json({"keys": keys})
        return
    from riskpay.cli.grids import grid

    rows = [[str(value or "") for value in key.values()] for key in keys]
    show(grid("Keys", ("number>", "label", "begins with", "made", "revoked"), rows) if keys else "There is no key.")


@app.command()
def revoke(
    ctx: typer.Context,
    key_id: Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="Number of the key, as `keys list` shows.")],
    as_json: AsJson = False,
) -> None:
    """Withdraw a key, and with it every session that it opened.

    JSON: `key_id, label, prefix, created_at, revoked_at`.
    """
    with _store(ctx) as store:
        store.keys.revoke(key_id)
        keys = store.keys.all()
    found = next((key for key in keys if key.key_id == key_id), None)
    if found is None:
        numbers = ", ".join(str(key.key_id) for key in keys) or "none"
        raise NotThereError(
            f"there is no key {key_id}; keys are there with the numbers {numbers}", "see: riskpay keys list"
        )
    if all(key.revoked_at for key in keys):
        say("no key works now: the service makes one when it starts next, or run: riskpay keys add LABEL")
    if as_json:
        put_json(_key_json(found))
        return
    put(f"key {found.key_id} ({found.label}, {found.prefix}...) is revoked")


def _store(ctx: typer.Context, *, make: bool = False) -> "Store":
    """The store of the home; only to make a key a new one is made."""
    from riskpay.settings import load
    from riskpay.store.database import Store

    settings = load(ctx.obj.home)
    if not make and not settings.database_url and not (settings.home / "store.db").exists():
        raise NotThereError(
            f"there is no store in {settings.home}, so no key either", "make one: riskpay keys add LABEL"
        )
    return Store(settings.database)


def _key_json(key: "Key") -> dict[str, Any]:
    revoked = key.revoked_at.isoformat(timespec="seconds") if key.revoked_at else None
    return {
        "key_id": key.key_id,
        "label": key.label,
        "prefix": key.prefix,
        "created_at": key.created_at.isoformat(timespec="seconds"),
        "revoked_at": revoked,
    }
