"""The home of a demo: marked with what the demo made, so that nothing else is removed or mixed with it."""

import hashlib
import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from riskpay.errors import NotThereError, UsageError
from riskpay.settings import PREFIX
from riskpay.settings import load as load_settings
from riskpay.store.database import Store
from riskpay.store.keys import FIRST_KEY
from riskpay.store.ledger_files import LedgerFiles

PAGE: Final = "day.html"
MARK: Final = "demo-home.json"
_MADE: Final = frozenset({MARK, PAGE, "ledger", "rejects", "artifacts", "scores"})
_DATABASES: Final = ("store.db", "mlflow.db")
"""How names of database files begin: SQLite keeps its log beside them."""
_ELSEWHERE: Final = ("database_url", "mlflow_uri", "artifacts_dir")


def begin(home: Path) -> None:
    """An empty home with an unfinished mark; what an earlier demo made is removed, anything else refused.

    Raises UsageError if ``home`` is no folder or holds what no demo made, or if settings of the process
    lead the demo to write outside of its home.
    """
    _check_all_inside(home)
    if home.exists() or home.is_symlink():
        _check_nothing_else(home)
    home.mkdir(parents=True, exist_ok=True)
    # The mark comes first: killed while it is emptied, the home is still known as a demo's.
    _write(home, {"finished": False})
    _empty(home)


def discard(home: Path) -> None:
    """Remove what a demo that failed made: the home too, where it is a plain folder that can go."""
    with suppress(OSError):
        _empty(home)
        (home / MARK).unlink()
        home.rmdir()


def finish(home: Path) -> None:
    """Record in the mark what the demo made: the version of its ledger and what its people did."""
    _write(home, {"finished": True, "data_version": _data_version(home), "events": _events(home)})


def refuse_other_data(home: Path) -> None:
    """Raises UsageError for the home of a demo: real customers are not mixed with invented ones."""
    if (home / MARK).exists():
        raise UsageError(
            f"{home} holds the demo's synthetic ledger; other data is not mixed into it",
            "load into a home of its own: riskpay --home FOLDER ingest PATH, or set RISKPAY_HOME for all commands",
        )


def _empty(home: Path) -> None:
    """Remove all but the mark. The folder stays: a link, a mounted volume or the folder worked in is not made anew."""
    for path in [path for path in home.iterdir() if path.name != MARK]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _check_all_inside(home: Path) -> None:
    settings = load_settings(home)
    named = [f"{PREFIX}{key.upper()}" for key in _ELSEWHERE if getattr(settings, key)]
    if named:
        raise UsageError(
            f"the demo keeps everything in its home, but {', '.join(named)} names another place",
            f"run it without: env {' '.join(f'-u {name}' for name in named)} riskpay demo",
        )


def _check_nothing_else(home: Path) -> None:
    if not home.is_dir():
        raise UsageError(f"{home} is no folder", "give another place: riskpay --home FOLDER demo")
    if not any(home.iterdir()):
        return
    if not (home / MARK).exists():
        raise UsageError(
            f"{home} is not empty and was not made by a demo", "give another place: riskpay --home FOLDER demo"
        )
    found = [*_foreign_files(home), *_foreign_facts(home)]
    if found:
        raise UsageError(
            f"{home} holds more than the demo made: {', '.join(found)}; a demo removes only what a demo made",
            f"give another place: riskpay --home FOLDER demo; or remove {home} yourself if nothing in it is needed",
        )


def _foreign_files(home: Path) -> list[str]:
    names = sorted(path.name for path in home.iterdir())
    return [name for name in names if name not in _MADE and not name.startswith(_DATABASES)]


def _foreign_facts(home: Path) -> list[str]:
    """What came into ledger and store after the demo; an unfinished demo's are its own, as nothing loads into it."""
    try:
        made = json.loads((home / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return [f"an unreadable {MARK}"]
    keys = ["keys that were added"] if _has_own_keys(home) else []
    if not made.get("finished"):
        return keys
    ledger = ["another version of the ledger"] if _data_version(home) != made.get("data_version") else []
    events = ["other contacts, promises, disputes or blocks"] if _events(home) != made.get("events") else []
    return ledger + events + keys


def _data_version(home: Path) -> str | None:
    try:
        return LedgerFiles(home).current_version()
    except NotThereError:
        return None


def _events(home: Path) -> str | None:
    """Digest of the events in the store; None if there are none."""
    if not (home / "store.db").exists():
        return None
    with Store(home / "store.db") as store:
        frames = {name: frame for name, frame in store.events.frames().items() if frame.height}
    told = "".join(f"{name}\n{frames[name].write_csv()}" for name in sorted(frames))
    if not told:
        return None
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _has_own_keys(home: Path) -> bool:
    """Whether someone made a key; the one of the first start of the service is the demo's."""
    if not (home / "store.db").exists():
        return False
    with Store(home / "store.db") as store:
        return any(key.label != FIRST_KEY for key in store.keys.all())


def _write(home: Path, made: dict[str, Any]) -> None:
    about = {"about": "riskpay demo made this home and makes it anew when it is run again"}
    (home / MARK).write_text(json.dumps(about | made, indent=1) + "\n", encoding="utf-8")
