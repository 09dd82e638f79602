"""Answers that take a while: begun once, kept, and found by whoever would not wait."""

import asyncio

import pytest

from riskpay.serving.working import Working


class Work:
    """Counts how often it was begun; ends when it is told to."""

    def __init__(self, answer="done"):
        self.answer, self.begun, self.gate = answer, 0, asyncio.Event()

    async def __call__(self):
        self.begun += 1
        await self.gate.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def play(story):
    return asyncio.run(story())


def test_who_does_not_wait_finds_the_answer_later_and_the_work_was_done_once():
    async def story():
        working, work = Working(), Work()
        assert await working.answer("q", work, patience=0.01) is None
        assert await working.answer("q", work, patience=0.01) is None
        work.gate.set()
        assert await working.answer("q", work, patience=5) == "done"
        assert await working.answer("q", work) == "done"
        assert work.begun == 1

    play(story)


def test_an_error_is_told_and_then_forgotten():
    async def story():
        working, work = Working(), Work(ValueError("no"))
        work.gate.set()
        for _ in range(2):
            with pytest.raises(ValueError, match="no"):
                await working.answer("q", work)
        assert work.begun == 2

    play(story)


def test_of_many_answers_the_oldest_is_forgotten():
    async def story():
        working = Working(kept=2)
        works = {name: Work(name) for name in "abc"}
        for name, work in works.items():
            work.gate.set()
            assert await working.answer(name, work) == name
        for name, work in works.items():
            assert await working.answer(name, work) == name
        assert works["a"].begun == 2

    play(story)


def test_work_that_ended_with_its_loop_is_begun_anew():
    working = Working()

    async def left():
        assert await working.answer("q", Work(), patience=0.01) is None

    async def again():
        work = Work()
        work.gate.set()
        return await working.answer("q", work)

    play(left)
    assert play(again) == "done"
