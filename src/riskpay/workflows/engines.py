"""Where independent pieces of work are done: here, in threads, or on the workers of a cluster."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Protocol, TypeVar

import polars as pl

T = TypeVar("T")
R = TypeVar("R")


class Engine(Protocol):
    """Does pieces of work that need nothing of one another."""

    def width(self) -> int:
        """How many pieces it does at a time."""

    def each(self, work: Callable[[T], R], pieces: Sequence[T]) -> Iterator[R]:
        """What ``work`` makes of each piece, in the order in which they get done.

        ``work`` is a function of a module, and the same piece may be worked on twice: what it writes must
        be the same then, and appear in one step.
        """


class LocalEngine:
    """This machine: as many pieces at a time as Polars has threads."""

    def width(self) -> int:
        """As ``Engine.width``."""
        return pl.thread_pool_size()

    def each(self, work: Callable[[T], R], pieces: Sequence[T]) -> Iterator[R]:
        """As ``Engine.each``; what is not begun yet is dropped when the caller stops asking."""
        with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
            done = [pool.submit(work, piece) for piece in pieces]
            try:
                for future in as_completed(done):
                    yield future.result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
