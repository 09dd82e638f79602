"""What must be on disk before the next step relies on it."""

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Ask the disk to keep a file or folder."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
