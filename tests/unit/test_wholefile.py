"""A file appears whole or not at all."""

import errno
import os
import stat

import pytest

from riskpay.errors import DataError
from riskpay.wholefile import whole


def test_it_takes_the_place_of_what_was_there_when_the_block_ends(tmp_path):
    file = tmp_path / "new" / "file.txt"
    for text in ("one", "two"):
        with whole(file) as beside:
            beside.write_text(text)
            assert file.exists() == (text == "two")
        assert file.read_text() == text
    assert os.listdir(file.parent) == ["file.txt"]  # noqa: PTH208 - hidden files count too


def test_it_is_as_readable_as_any_file(tmp_path):
    (tmp_path / "other").write_text("")
    with whole(tmp_path / "file") as beside:
        beside.write_text("")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("file", "other")}
    assert len(modes) == 1


def half_written(file, failure):
    with whole(file) as beside:
        beside.write_text("half")
        raise failure


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), ValueError("a bug")])
def test_whatever_ends_the_block_leaves_what_was_there(tmp_path, failure):
    file = tmp_path / "file.txt"
    file.write_text("old")
    with pytest.raises(type(failure)):
        half_written(file, failure)
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path):
    with pytest.raises(DataError, match="No space left") as told:
        half_written(tmp_path / "file", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert "make room" in told.value.hint
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"), whole(tmp_path / "file" / "below"):
        pytest.fail("there is no such place")
