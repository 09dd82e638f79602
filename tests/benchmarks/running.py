"""What benchmarks share: scripts as processes of their own, sizes as people write them, and what they ran on."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

UNITS = {"k": 1_000, "M": 1_000_000}


@dataclass
class Spent:
    """Time that pieces of work took together: ``seconds`` by the clock, ``cpu_seconds`` of all threads of the process."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Counts what is done within."""
        began, worked = perf_counter(), process_time()
        yield
        self.seconds += perf_counter() - began
        self.cpu_seconds += process_time() - worked


def how_many(text: str) -> int:
    """A number of things as 300, 100k or 1.5M."""
    return int(float(text.rstrip("kM")) * UNITS.get(text[-1:], 1))


def run_script(script: Path, *arguments: object) -> str:
    """What a script printed; raises CalledProcessError with its stderr if it failed."""
    command = [sys.executable, str(script), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def peak_mb() -> float:
    """Most memory that this process held so far (VmHWM, by Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))


def machine(*packages: str) -> dict[str, Any]:
    """Cores, architecture, and versions of Python and of some packages."""
    return {
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }
