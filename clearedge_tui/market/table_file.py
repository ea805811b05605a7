"""Markets as a file of a person's: a CSV or JSON table, one row a market, a column a field."""

import csv
import io
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market import fields
from clearedge_tui.market.markets import Market

COLUMNS = (*fields.IDENTITY, *fields.EDITABLE)
_MOST_BYTES = 32 << 20
_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}


def write(markets: Iterable[Market], form: str) -> str:
    """Return markets as `csv` or `json` text; reading it again gives the same markets."""
    rows = [_row(market) for market in markets]
    if form == "json":
        return msgspec.json.format(msgspec.json.encode({"markets": rows}), indent=2).decode() + "\n"
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _row(market: Market) -> dict[str, str]:
    found = {}
    for name in COLUMNS:
        value = getattr(market, name)
        if isinstance(value, bool):
            found[name] = "yes" if value else ""
        elif isinstance(value, Decimal):
            found[name] = f"{value:f}"
        else:
            found[name] = "" if value is None else str(value)
    return found


def read(path: Path, known: Mapping[str, Market]) -> list[Market]:
    """Return a file's markets as they will be: those known with the file's fields, and new ones.

    Raises BadData that names the row. A column that is not there leaves a known market as it is.
    """
    found: dict[str, Market] = {}
    for number, row in _rows(path):
        try:
            market = _market(row, known)
        except UsageError as error:
            raise BadData(f"{path}, {number}: {error}") from None
        if market.market_id in found:
            raise BadData(f"{path}, {number}: {market.market_id} is there twice")
        found[market.market_id] = market
    if not found:
        raise BadData(f"{path}: no markets in it")
    return list(found.values())


def _rows(path: Path) -> list[tuple[str, dict[str, str]]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadData(f"{path}: more than {_MOST_BYTES >> 20} MB; this is no table of markets")
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path}: {clean_text(error)}") from None
    rows = _json(path, text) if text.lstrip()[:1] in ("{", "[") else _csv(path, text)
    for number, row in rows:
        for name in row:
            if name not in COLUMNS:
                raise BadData(
                    f"{path}, {number}: no field `{clean_text(name, 40)}`{nearest(name, COLUMNS)}"
                )
    return rows


def _csv(path: Path, text: str) -> list[tuple[str, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    found = []
    try:
        for row in reader:
            where = f"line {reader.line_num}"
            if None in row or None in row.values():
                raise BadData(f"{path}, {where}: {len(reader.fieldnames or ())} columns wanted")
            found.append((where, {k.strip().lower(): v.strip() for k, v in row.items()}))
    except csv.Error as error:
        raise BadData(f"{path}, line {reader.line_num}: {clean_text(error)}") from None
    return found


def _json(path: Path, text: str) -> list[tuple[str, dict[str, str]]]:
    try:
        whole: Any = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise BadData(f"{path}: {error}") from None
    rows = whole.get("markets") if isinstance(whole, dict) else whole
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadData(f'{path}: wanted a list of markets, or {{"markets": [...]}}')
    return [
        (f"market {n}", {str(k): "" if v is None else str(v) for k, v in row.items()})
        for n, row in enumerate(rows, 1)
    ]


def _market(row: dict[str, str], known: Mapping[str, Market]) -> Market:
    if not row.get("symbol"):
        raise UsageError("`symbol` is missing")
    own = {n: row[n] for n in fields.EDITABLE if n in row and (row[n] or n not in fields.NEEDED)}
    fresh = (
        _named(row) if row.get("market_id") else _usual(row["symbol"], row.get("venue", ""), row)
    )
    before = known.get(fresh.market_id)
    if before is None:
        return fields.changed(fresh, own)
    for name in fields.IDENTITY:
        if row.get(name) and getattr(before, name) != getattr(fresh, name):
            raise UsageError(
                f"{fresh.market_id} has {name} {getattr(before, name)}, the file says {row[name]}"
            )
    return fields.changed(before, own)


def _named(row: dict[str, str]) -> Market:
    """Return a bare market of the identity that a row spells out: venues name theirs as they like."""
    market_id = clean_text(row["market_id"], 80).strip().upper()
    name, dot, venue = market_id.rpartition(".")
    symbol = clean_text(row["symbol"], 80).strip().upper()
    plain = all(c.isalnum() or c in "/-_:" for c in name + symbol) and name.isascii()
    if (
        not dot
        or not name
        or not venue.isalnum()
        or not plain
        or "/" in name
        or not symbol.isascii()
    ):
        raise UsageError(f"market_id `{market_id}`; wanted one like BTCUSDT.BINANCE")
    if row.get("venue") and row["venue"].upper() != venue:
        raise UsageError(f"{market_id} is not at the venue {row['venue']}")
    simulated = _YES.get(row.get("simulated", "").lower())
    if simulated is None:
        raise UsageError(f"simulated `{row['simulated']}`; wanted yes or nothing")
    base, _, quote = symbol.partition(":")[0].partition("/")
    base, quote = row.get("base", "").upper() or base, row.get("quote", "").upper() or quote
    pair = f"{base}/{quote}" if quote and "/" in symbol else base
    bare = _usual(pair, venue, row)
    return msgspec.structs.replace(
        bare,
        symbol=symbol,
        market_id=market_id,
        base=base,
        quote=quote or bare.quote,
        simulated=simulated,
    )


def _usual(name: str, venue: str, row: Mapping[str, str]) -> Market:
    return fields.made(name, {"venue": venue, "asset_class": row.get("asset_class", "")})
