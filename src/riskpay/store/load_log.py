"""What the newest load read and rejected: HOME/ledger/LAST_LOAD.json, replaced in one step."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from riskpay.store.flush import flush


@dataclass(frozen=True)
class LastLoad:
    """Rows of the newest load, and its day."""

    loaded_on: date
    source: str
    read: int
    accepted: int
    rejected: int
    duplicates: int

    @property
    def rejected_share(self) -> float:
        """Rejected rows of those read; 0 where none were."""
        return self.rejected / self.read if self.read else 0.0


def write_last_load(home: Path, load: LastLoad) -> None:
    """Keep what a load read; the ledger's folder must be there."""
    file = _file(home)
    beside = file.with_name(f".{file.name}.writing")
    beside.write_text(json.dumps(asdict(load), default=str) + "\n", encoding="utf-8")
    flush(beside)
    beside.replace(file)


def read_last_load(home: Path) -> LastLoad | None:
    """What the newest load read; None where that was not kept, or not whole."""
    try:
        found = json.loads(_file(home).read_text(encoding="utf-8"))
        return LastLoad(**(found | {"loaded_on": date.fromisoformat(found["loaded_on"])}))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _file(home: Path) -> Path:
    return home / "ledger" / "LAST_LOAD.json"
