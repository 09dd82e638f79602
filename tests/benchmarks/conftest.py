"""Benchmarks are scripts that import one another by name: their tests do too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
