"""Files that a command writes where it is told to."""

from pathlib import Path

from riskpay.errors import UsageError


def write_page(file: Path, text: str) -> None:
    """Write a page, whole or not at all; raises UsageError where it cannot be written."""
    beside = file.with_name(f".{file.name}.writing")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(file)
    except OSError as failed:
        beside.unlink(missing_ok=True)
        raise UsageError(f"{file} cannot be written: {failed}", "name a file in a folder that is there") from failed
