"""Three sets of glyphs: braille for most terminals, block for plain fonts, ascii for anything."""

from dataclasses import dataclass
from typing import Final

# a dot matrix in one cell: bits run row by row, left to right
_BRAILLE_BITS: Final = (0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80)
_QUADRANTS: Final = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"


@dataclass(frozen=True, slots=True)
class Symbols:
    """Glyphs by use. `across` and `down` say how many dots a cell of a line chart holds."""

    name: str
    across: int
    down: int
    dots: tuple[str, ...]  # by bit pattern
    spark: str  # low to high
    eighths: str  # empty to full, from the bottom
    candle: tuple[str, ...]  # top state * 3 + bottom state; 0 none, 1 wick, 2 body
    body: tuple[str, str, str]  # full, top half, bottom half
    rule: str
    grid: str
    upright: str
    tick: str
    tag: str
    full: str
    empty: str
    half: str  # top half in fore, bottom half in ground
    ok: str
    warn: str
    bad: str
    idle: str
    unknown: str
    mark: str
    star: str  # of a run somebody wants to keep in sight
    buy: str
    sell: str
    note: str
    arrow: str
    more: str
    bullet: str
    minus: str
    sound: str  # looked at and found good
    changed: str  # another one since it was looked at
    mostly: str  # a day with nearly all of its rows
    partly: str  # a day with some of them
    hole: str  # a day without any
    shut: str  # a day on which nothing was to be expected


def _braille() -> tuple[str, ...]:
    return tuple(
        chr(0x2800 + sum(bit for i, bit in enumerate(_BRAILLE_BITS) if pattern >> i & 1))
        for pattern in range(256)
    )


BRAILLE: Final = Symbols(
    name="braille", across=2, down=4, dots=_braille(), spark="▁▂▃▄▅▆", eighths=" ▁▂▃▄▅▆▇█",
    candle=tuple(" ╷╻╵│╽╹╿┃"), body=("█", "▀", "▄"), rule="─", grid="┈", upright="│", tick="┤", tag="◀",
    full="━", empty="─", half="▀", ok="●", warn="▲", bad="✖", idle="○", unknown="◌", mark="▌", star="★", buy="▲", sell="▼",
    note="◆", arrow="→", more="…", bullet="·", minus="−", sound="✓", changed="≠", mostly="▆", partly="▄", hole="×", shut="·",
)  # fmt: skip
BLOCK: Final = Symbols(
    name="block", across=2, down=2, dots=tuple(_QUADRANTS), spark="▁▂▃▄▅▆", eighths=" ▁▂▃▄▅▆▇█",
    candle=tuple(" ╷╻╵│╽╹╿┃"), body=("█", "▀", "▄"), rule="─", grid="·", upright="│", tick="┤", tag="◀",
    full="█", empty="░", half="▀", ok="●", warn="▲", bad="x", idle="○", unknown="?", mark="▌", star="★", buy="▲", sell="▼",
    note="◆", arrow="→", more="…", bullet="·", minus="-", sound="✓", changed="≠", mostly="▆", partly="▄", hole="×", shut="·",
)  # fmt: skip
ASCII: Final = Symbols(
    name="ascii", across=1, down=1, dots=(" ", "*"), spark="_.-=+#", eighths="  ..::###", candle=tuple(" |#||####"),
    body=("#", "#", "#"), rule="-", grid=".", upright="|", tick="+", tag="<", full="#", empty=".", half="#",
    ok="o", warn="!", bad="x", idle="-", unknown="?", mark=">", star="*", buy="^", sell="v", note="+", arrow=">",
    more="~", bullet="|", minus="-", sound="+", changed="~", mostly="%", partly="=", hole="x", shut=".",
)  # fmt: skip
SETS: Final = {"braille": BRAILLE, "block": BLOCK, "ascii": ASCII}
