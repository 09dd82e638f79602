"""Answers that take a while: worked out once, kept, and looked for again by whoever would not wait."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

KEPT: Final = 100
"""Answers that are kept; of more the oldest is forgotten."""


class Working(Generic[T]):
    """Answers by question, finished or in work."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._tasks: dict[Hashable, asyncio.Task[T]] = {}

    async def answer(
        self, question: Hashable, work: Callable[[], Coroutine[Any, Any, T]], patience: float | None = None
    ) -> T | None:
        """The answer to a question; None if the ``work`` on it takes longer than ``patience`` seconds from now.

        The work goes on meanwhile, and is not begun again for the same question. Raises what the work raises, which is then
        forgotten: the next one to ask begins anew.
        """
        task = self._tasks.get(question)
        if task is None or task.cancelled() or (not task.done() and task.get_loop() is not asyncio.get_running_loop()):
            task = self._begun(question, work)
        if not task.done():
            await asyncio.wait([task], timeout=patience)
        if not task.done():
            return None
        if task.exception() is not None:
            self._tasks.pop(question, None)
        return task.result()

    def _begun(self, question: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        self._tasks.pop(question, None)
        while len(self._tasks) >= self._kept:
            self._tasks.pop(next(iter(self._tasks)))
        self._tasks[question] = asyncio.create_task(work())
        return self._tasks[question]
