"""Files as rows of text, and what is said of a file that is none."""

import os
import resource

import polars as pl
import pytest

from riskpay.errors import SourceError
from riskpay.sources.readers import read_sheet, source_files
from riskpay.sources.records import MAX_LINE

UTF8 = ("utf-8", "cp1252")


def rows(file, encodings=UTF8):
    sheet = read_sheet(file, encodings, None)
    return [row[:-1] for row in sheet.rows.select(*map(str, range(len(sheet.header))), "_line", "_file").iter_rows()]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path, delimiter):
    file = tmp_path / "f.csv"
    file.write_text(delimiter.join("ab") + "\n" + delimiter.join("12") + "\n")
    assert rows(file) == [("1", "2", 2)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding):
    file = tmp_path / "f.csv"
    file.write_bytes("név,b\nMüller,2\n".replace("név", "nev").encode(encoding))
    sheet = read_sheet(file, UTF8, None)
    assert sheet.header == ("nev", "b")
    assert rows(file) == [("Müller", "2", 2)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path, end):
    file = tmp_path / "f.csv"
    file.write_bytes(end.join(["a,b", "1,2", "3,4"]).encode())
    assert rows(file) == [("1", "2", 2), ("3", "4", 3)]


def test_lines_are_counted_through_quoted_line_ends_and_blank_lines(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text('a,b\n"one\ntwo",2\n\n3,"x,y"\n')
    assert rows(file) == [("one\ntwo", "2", 2), ("3", "x,y", 5)]


def test_rows_of_another_width_are_kept_apart_with_their_line(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text("a,b\n1\n1,2,3\n1,2,\n5,6\n")
    assert rows(file) == [("1", "2", 4), ("5", "6", 5)]
    assert read_sheet(file, UTF8, None).ragged.rows() == [
        ("f.csv", 2, "1 fields, the header has 2", "not as many fields as the header"),
        ("f.csv", 3, "3 fields, the header has 2", "not as many fields as the header"),
    ]


QUOTES = "a field in quotes ends at its quote, and a quote inside it is doubled"
OPEN, AFTER = "unexpected end of data", "',' expected after '\"'"


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ('3,"4\n5,6\n', [("1", "2", 2), ("5", "6", 4)], [(3, '3,"4', OPEN)]),
        ('3,"4"x\n5,6\n', [("1", "2", 2), ("5", "6", 4)], [(3, '3,"4"x', AFTER)]),
        ('3,"4\n5,"6\n7,8\n', [("1", "2", 2), ("7", "8", 5)], [(3, '3,"4', AFTER), (4, '5,"6', OPEN)]),
        ('3,"4', [("1", "2", 2)], [(3, '3,"4', OPEN)]),
        ('"a\nb",2\n"c,3\n\n5,6\n', [("1", "2", 2), ("a\nb", "2", 3), ("5", "6", 7)], [(5, '"c,3', OPEN)]),
    ],
)
def test_a_line_whose_quotes_do_not_pair_up_is_set_aside_and_the_next_ones_are_read(tmp_path, text, good, bad):
    file = tmp_path / "f.csv"
    file.write_text(f"a,b\n1,2\n{text}")
    assert rows(file) == good
    assert read_sheet(file, UTF8, None).ragged.rows() == [
        ("f.csv", line, value, f"cannot be split into fields ({why}): {QUOTES}") for line, value, why in bad
    ]


def test_a_quote_left_open_takes_no_good_rows_along(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text('a,b,c\n1,"2,3\n4,5,6\n7,"8",9\n' + "5,5,5\n" * 50_000)
    sheet = read_sheet(file, UTF8, None)
    assert (sheet.rows.height, sheet.ragged["_line"].to_list()) == (50_002, [2])


def test_a_record_over_lines_that_does_not_fit_takes_no_rows_along(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text('a,b\n"1,2\n3,4\n5","6",7\n8,9\n')
    sheet = read_sheet(file, UTF8, None)
    assert rows(file) == [("3", "4", 3), ("8", "9", 5)]
    assert sheet.ragged["_line"].to_list() == [2, 4]


def test_one_column_where_it_is_all_that_a_table_needs(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text("Customer ID\nc1\nc2\n")
    sheet = read_sheet(file, UTF8, None, {"customerid"})
    assert (sheet.header, sheet.rows["0"].to_list()) == (("Customer ID",), ["c1", "c2"])


def test_parquet_as_text(tmp_path):
    file = tmp_path / "f.parquet"
    pl.DataFrame({"a": [1, None], "b": [1.5, 2.0], "day": ["2019-01-31", None]}).with_columns(
        pl.col("day").str.to_date(), at=pl.col("day").str.to_datetime("%Y-%m-%d")
    ).write_parquet(file)
    assert rows(file) == [
        ("1", "1.5", "2019-01-31", "2019-01-31 00:00:00", 1),
        (None, "2.0", None, None, 2),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n \n", "is empty"),
        (b"a b c\n1 2 3\n", r"header of one column: 'a b c'; columns are parted by comma, semicolon, tab, \|"),
        (b"PK\x03\x04zzz", "a ZIP or Excel workbook, not text"),
        (b"\x00\x01\x02\xff" * 50, "a binary file, not text"),
        (b"a,b\n1,\x07\n", "line 2 holds control characters"),
        (b"PAR1 and no more", "cannot be read as Parquet"),
    ],
)
def test_a_file_that_is_no_table(tmp_path, content, said):
    file = tmp_path / "f.csv"
    file.write_bytes(content)
    with pytest.raises(SourceError, match=said):
        read_sheet(file, UTF8, None)


def test_undecodable_bytes(tmp_path):
    file = tmp_path / "f.csv"
    file.write_bytes(b"a,b\n1,\x81\n")
    with pytest.raises(SourceError, match="cannot be decoded as utf-8 or cp1252"):
        read_sheet(file, UTF8, None)


def test_a_line_of_200_mb_is_refused_without_reading_it_whole(tmp_path):
    file = tmp_path / "f.csv"
    file.write_bytes(b"a,b\n" + b"a" * 65_536)
    os.truncate(file, 4)
    with file.open("r+b") as opened:
        for place in range(4, 200_000_000, 10_000_000):
            opened.seek(place)
            opened.write(b"a" * 10_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SourceError, match=f"line 2 is longer than {MAX_LINE:,} characters"):
        read_sheet(file, UTF8, None)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 100, "MB"


def test_neither_file_nor_folder(tmp_path):
    with pytest.raises(SourceError, match="does not exist"):
        source_files(tmp_path / "nothing")
    with pytest.raises(SourceError, match=r"holds no file ending in \.csv"):
        source_files(tmp_path)


def test_a_quote_left_open_does_not_take_along_rows_of_the_full_width(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text('a,b,c\n1,x,"open\n2,y,z\n3,y,z",\n4,y,z\n')
    assert ("2", "y", "z", 3) in rows(file)
    assert ("4", "y", "z", 5) in rows(file)
    assert read_sheet(file, UTF8, None).ragged["_line"].to_list()[0] == 2


def test_a_note_of_several_lines_with_commas_is_one_field(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text('a,b,c\n1,x,"Hello,\nthanks, Ann\n"\n4,y,z\n')
    assert rows(file) == [("1", "x", "Hello,\nthanks, Ann\n", 2), ("4", "y", "z", 5)]


def test_a_field_may_be_as_long_as_a_line(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text('a,b\n1,"' + "y" * 140_000 + '"\n')
    assert [len(row[1]) for row in rows(file)] == [140_000]
