"""How a CSV is written, from its first lines: delimiter, header, decimal comma."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from clearedge_tui.core.errors import BadData
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.imports.opening import HEAD, head
from clearedge_tui.market.imports.shapes import names_by_shape

_DELIMITERS = "\t;|,^~ "
_LINES = 40
_COMMA = re.compile(r"-?\d+,\d+")
_VALUE = re.compile(r"[-+]?[\d.,:/TZ +-]*\d[\d.,:/TZ +-]*(e[-+]?\d+)?|true|false|", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CsvStyle:
    """`first_line` is the line of the first row; `named` says that there is no header."""

    delimiter: str
    header: tuple[str, ...]
    skip: int  # lines before the header, or before the first row when there is none
    named: bool
    decimal_comma: bool
    blank: bool = False  # the header leaves a name out, as pandas does for an index

    @property
    def first_line(self) -> int:
        return self.skip + (1 if self.named else 2)


def csv_style(path: Path, packing: str) -> CsvStyle:
    """Look at the beginning of a file. Raises BadData when it is no table."""
    raw = head(path, packing)
    if not raw.strip():
        raise BadData(f"{path}: the file is empty; wanted a CSV, Parquet or DBN file")
    if b"\x00" in raw:
        raise BadData(f"{path}: this is no text; wanted a CSV, Parquet or DBN file")
    lines = raw.decode("utf-8-sig", "replace").splitlines()
    if len(raw) == HEAD:
        if len(lines) == 1:
            raise BadData(f"{path}:1: a line of more than {HEAD:,} letters; this is no table")
        lines.pop()  # cut in two
    places = [n for n, line in enumerate(lines[:_LINES]) if line.strip()]
    delimiter = _delimiter([lines[n] for n in places])
    rows = list(csv.reader((lines[n] for n in places), delimiter=delimiter))
    lead = _preamble(rows)
    cells = [tuple(cell.strip() for cell in row) for row in rows[lead:]]
    named = len(cells[0]) > 1 and all(_VALUE.fullmatch(cell) for cell in cells[0])
    body = tuple(cells if named else cells[1:])
    header = names_by_shape(body) if named else tuple(rows[lead])
    blank = "" in header
    header = tuple(name or ("index" if not n else str(n + 1)) for n, name in enumerate(header))
    _unique(path, header)
    comma = delimiter != "," and any(_COMMA.fullmatch(cell) for row in body for cell in row)
    return CsvStyle(delimiter, header, places[lead], named, comma, blank)


def _delimiter(lines: list[str]) -> str:
    """The first of the usual ones that cuts every line alike; else what cuts the first line most.

    Lines before the table are left out where none of it is in the first of them.
    """
    for skip in range(max(1, len(lines) - 2)):
        for mark in _DELIMITERS:
            counts = {line.count(mark) for line in lines[skip:]}
            if len(counts) == 1 and min(counts) >= 2 and not (skip and mark in lines[0]):
                return mark
    return max(",;\t|", key=lines[0].count)


def _preamble(rows: list[list[str]]) -> int:
    """Return how many lines stand before the table, such as the address of who made the file."""
    widths = [len(row) for row in rows]
    if len(widths) < 3 or widths[0] > 1:
        return 0
    usual = max(set(widths), key=widths.count)
    return next(n for n, width in enumerate(widths) if width == usual)


def _unique(path: Path, header: tuple[str, ...]) -> None:
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise BadData(f"{path}:1: two columns are called `{clean_text(twice)}`; rename one")
