"""Pages of rows with a cursor, as Bybit gives them."""

from typing import Any

from clearedge_tui.venue_sim.model import Denial, Denied

Row = dict[str, Any]


def page(rows: list[Row], query: dict[str, str], usual: int, most: int) -> dict[str, Any]:
    """Return one page. The cursor counts rows; it is quoted as the venue's own are."""
    try:
        limit = max(1, min(int(query.get("limit") or usual), most))
        start = int((query.get("cursor") or "at%3A0").replace("%3A", ":").removeprefix("at:"))
    except ValueError as error:
        raise Denied(Denial.PARAMS, "params error: cursor invalid") from error
    found = rows[start : start + limit]
    more = start + limit < len(rows)
    return {"list": found, "nextPageCursor": f"at%3A{start + limit}" if more else ""}
