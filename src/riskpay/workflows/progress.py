"""How a workflow says how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Called with what is being done, the steps done and the steps in all."""

    def __call__(self, text: str, done: int = 0, total: int = 0) -> None:
        """Say it."""


def silent(text: str, done: int = 0, total: int = 0) -> None:
    """Says nothing."""
