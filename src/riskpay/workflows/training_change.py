"""Writing settings to HOME/training.toml; what a person wrote beside them stays, comments too."""

from collections.abc import Mapping
from pathlib import Path

import tomlkit

from riskpay.workflows.training_file import FILE_NAME, TrainingFile


def write_changes(home: Path, values: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    """Writes ``values`` by key, in one step, and gives each that changed with what it was and is.

    A default is written only where the file had another value. Raises SettingsError for a file or values that cannot be used.
    """
    file = home / FILE_NAME
    before = TrainingFile.read(home)
    changed = {key: (getattr(before, key), value) for key, value in values.items() if getattr(before, key) != value}
    if not changed:
        return {}
    text = tomlkit.parse(file.read_text(encoding="utf-8") if file.exists() else "")
    for key, (_, value) in changed.items():
        text[key] = value
    TrainingFile.checked(text.unwrap(), file)
    writing = file.with_suffix(".writing")
    writing.write_text(tomlkit.dumps(text), encoding="utf-8")
    writing.replace(file)
    return changed
