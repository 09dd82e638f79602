"""Models and estimators in one file (joblib, compressed), whose SHA-256 is checked before anything in it is read.

Reading a pickle runs whatever code it names, so a file is hashed first, and unpickled from the very bytes that were hashed.
What that proves depends on where the sum comes from. A sum that you were given by someone you trust, over another way than the
file, proves that it is the file they meant. A sum that lies beside the file proves only that the file is whole: whoever
can change the one can change the other. No sum proves that who made the file meant well; ``load`` only what you would run.

``load_model`` is for a model of riskpay, which is text: it reads the file with an unpickler that knows one class and no
function, so not even a file with the right sum can run code. ``riskpay models import`` uses it.
"""

import gzip
import hashlib
import io
import pickle
import platform
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Final

import joblib

from riskpay.errors import DataError, NotThereError
from riskpay.model.portable_model import PortableModel
from riskpay.wholefile import whole

FORMAT: Final = 1
SIDECAR: Final = ".sha256"
_PACKAGES: Final = ("riskpay", "lightgbm", "scikit-learn", "numpy", "pandas", "polars", "joblib")
_SUM: Final = re.compile(r"[0-9a-f]{64}")
_MOST_BYTES: Final = 2**31
"""Of a model of riskpay when it is unpacked: beyond it the file is none."""


class OtherVersionsWarning(UserWarning):
    """A file was written with other versions of Python or of packages than those that read it."""


@dataclass(frozen=True)
class Portable:
    """What a file holds: a ``model`` (a PortableModel, or any estimator), for a PortableModel its ``trial`` model if there is one.

    ``about``: where the model comes from; ``versions``: of Python and the packages it was written with.
    """

    model: Any
    about: Mapping[str, str] = field(default_factory=dict)
    trial: PortableModel | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    def differing(self) -> tuple[str, ...]:
        """What is installed here in another version than the file was written with, in words."""
        here = versions_here()
        return tuple(
            f"{name} {there} (here {here.get(name, 'none')})"
            for name, there in sorted(self.versions.items())
            if _shown(name, here.get(name, "")) != _shown(name, there)
        )


def versions_here() -> dict[str, str]:
    """Versions of Python and of the packages that a file depends on."""
    return {"python": platform.python_version(), **{name: installed(name) for name in _PACKAGES}}


def dump(
    model: Any,  # noqa: ANN401 - whatever pickles
    path: Path | str,
    about: Mapping[str, str] | None = None,
    trial: PortableModel | None = None,
) -> str:
    """Write ``model`` (a PortableModel, or any estimator or pipeline) to ``path`` and its sum to ``path``.sha256; gives the sum.

    Each of the two appears whole or not at all. Raises DataError where they cannot be written.
    """
    file, packed = Path(path), io.BytesIO()
    held = {"format": FORMAT, "model": model, "about": dict(about or {}), "trial": trial, "versions": versions_here()}
    joblib.dump(held, packed, compress=("gzip", 6))
    sum_ = hashlib.sha256(packed.getbuffer()).hexdigest()
    with whole(file) as beside:
        beside.write_bytes(packed.getbuffer())
    with whole(_sidecar(file)) as beside:
        beside.write_text(f"{sum_}  {file.name}\n", encoding="utf-8")
    return sum_


def load(path: Path | str, sha256: str | None = None) -> Any:  # noqa: ANN401 - what was dumped
    """The model or estimator in ``path``, once its SHA-256 is what it should be; before that nothing of it is unpickled.

    ``sha256``: the sum that the file must have; None: that of ``path``.sha256 (as ``sha256sum`` writes it), which
    proves only that the file is whole. Raises NotThereError where there is no file or no sum, DataError where the sum is
    another one or the file is damaged. Warns (OtherVersionsWarning) where it was written with other versions.
    """
    data = checked_bytes(Path(path), sha256)
    try:
        # The bytes that were hashed, not the file: it may be another one by now.
        held = joblib.load(io.BytesIO(data))
    except Exception as failed:
        raise DataError(
            f"{path} has the right sum and cannot be unpickled here: {type(failed).__name__}: {failed}",
            f"read it with the versions it was written with; here are {_listed(versions_here())}",
        ) from failed
    found = _portable(held, path)
    if differing := found.differing():
        warnings.warn(f"{path} was written with {', '.join(differing)}", OtherVersionsWarning, stacklevel=2)
    return found.model


def load_model(path: Path | str, sha256: str | None = None) -> Portable:
    """A model that ``riskpay models export`` wrote, with its trial model; no code in the file can run.

    ``sha256`` and errors as in ``load``; DataError also for a file that holds anything but texts of riskpay.
    """
    data = checked_bytes(Path(path), sha256)
    try:
        held = _read_texts(data)
    except Exception as failed:
        raise DataError(
            f"{path} holds no model of riskpay: {failed}",
            "give a file that `riskpay models export` wrote; an estimator is read with riskpay.model.portable.load",
        ) from failed
    return _portable(held, path)


def checked_bytes(file: Path, sha256: str | None) -> bytes:
    """The bytes of ``file``, read once, whose SHA-256 is what it should be; errors as in ``load``."""
    if not file.is_file():
        raise NotThereError(f"there is no file {file}", "name a file that is there")
    wanted = _given(sha256) if sha256 is not None else _beside(file)
    try:
        data = file.read_bytes()
    except OSError as failed:
        raise NotThereError(f"{file} cannot be read: {failed.strerror}", "name a file that is there") from failed
    found = hashlib.sha256(data).hexdigest()
    if found != wanted:
        raise DataError(
            f"{file} has the SHA-256 {found}, expected {wanted}: it is another file, or damaged. Nothing of it was read",
            "get the file again, and its sum from whoever made it",
        )
    return data


class _TextsOnly(pickle.Unpickler):
    """Knows no function and one class, an empty one in PortableModel's place; texts, lists and dicts are made without any."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        # Of its own, so that what a file does to the class is gone with it.
        self.stand_in = type("StandIn", (), {})

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - as pickle has it
        if (module, name) == (PortableModel.__module__, PortableModel.__qualname__):
            return self.stand_in
        raise pickle.UnpicklingError(f"it names {module}.{name}, which no model needs; nothing of it was run")


def _read_texts(data: bytes) -> dict[str, Any]:
    """What ``dump`` held of a PortableModel; raises anything for a file that holds something else."""
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
        unpacked = packed.read(_MOST_BYTES + 1)
    if len(unpacked) > _MOST_BYTES:
        raise ValueError(f"it unpacks to more than {_MOST_BYTES:,} bytes")
    reader = _TextsOnly(io.BytesIO(unpacked))
    held: dict[str, Any] = dict(reader.load())
    trial = None if held["trial"] is None else PortableModel(vars(held["trial"])["files"])
    return held | {"model": PortableModel(vars(held["model"])["files"]), "trial": trial}


def _portable(held: object, path: Path | str) -> Portable:
    if not isinstance(held, dict) or held.get("format") != FORMAT or "model" not in held:
        raise DataError(f"{path} was not written by riskpay", "write it with riskpay.model.portable.dump")
    return Portable(held["model"], _texts(held.get("about")), held.get("trial"), _texts(held.get("versions")))


def _texts(held: object) -> dict[str, str]:
    return {str(name): str(text) for name, text in held.items()} if isinstance(held, dict) else {}


def _given(text: str) -> str:
    found = text.strip().lower().removeprefix("sha256:")
    if not _SUM.fullmatch(found):
        raise DataError(f"{text!r} is no SHA-256", "give 64 hexadecimal digits, as sha256sum prints them")
    return found


def _beside(file: Path) -> str:
    """The sum of ``file`` that its sidecar tells, a line of which is a sum, two characters and a name."""
    sidecar = _sidecar(file)
    try:
        lines = sidecar.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as failed:
        raise NotThereError(
            f"no sum was given for {file}, and none is in {sidecar}; a file whose sum nobody tells is not read",
            "give the SHA-256 that you were told with the file",
        ) from failed
    sums = [line.split(maxsplit=1)[0].lower() for line in lines if line[66:] in {file.name, ""} and line.strip()]
    if len(sums) != 1 or not _SUM.fullmatch(sums[0]):
        raise DataError(f"{sidecar} tells {len(sums)} sums of {file.name}", f"write it with: sha256sum {file.name}")
    return sums[0]


def _sidecar(file: Path) -> Path:
    return file.with_name(file.name + SIDECAR)


def _shown(name: str, version: str) -> str:
    """What of a version matters: all of riskpay's, of others the first two numbers."""
    return version if name == "riskpay" else ".".join(version.split(".")[:2])


def _listed(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
