"""Colour roles and what each theme and terminal makes of them. No painter names a colour."""

from functools import lru_cache
from typing import Final, NamedTuple

from rich.color import Color
from rich.style import Style

BG: Final = 0
HEAD: Final = 1  # ground of the first and last line
CURSOR: Final = 2  # ground of the selected row
MARKED: Final = 3  # ground of a marked row
TEXT: Final = 4
DIM: Final = 5
FAINT: Final = 6  # rules and grids
BRIGHT: Final = 7
ACCENT: Final = 8  # keys, sparklines, links
UP: Final = 9
DOWN: Final = 10
UP_SOFT: Final = 11  # volume bars
DOWN_SOFT: Final = 12
WARN: Final = 13
BAD: Final = 14
GOOD: Final = 15
LIVE: Final = 16  # real money
PAPER: Final = 17
SHADOW: Final = 18
SERIES: Final = (19, 20, 21, 22, 23, 24)  # lines of a chart
INK: Final = 25  # text on a coloured ground
HEAT: Final = tuple(range(26, 35))  # nine steps, low to high
DIVERGE: Final = tuple(range(35, 44))  # nine steps, loss to gain

BOLD: Final = 1 << 16
UNDERLINE: Final = 4 << 16
THEMES: Final = ("default", "cb-safe")

_TRUE: Final = (
    0x0E1116, 0x171C24, 0x1F3550, 0x2B2F1E, 0xC9D1D9, 0x7F8994, 0x2E353E, 0xF0F6FC, 0x6CB0F5,
    0x35B58F, 0xF0656F, 0x1D5A4B, 0x77363C, 0xE3B341, 0xF0656F, 0x35B58F, 0xFF9F1C, 0x6CB0F5,
    0xA99BE8, 0xF2C14E, 0x6CB0F5, 0xC792EA, 0x7FDBCA, 0xF78C6C, 0xADDB67, 0x0E1116,
    0x1B1340, 0x2B3374, 0x2A5A8C, 0x24808F, 0x2CA284, 0x55BD70, 0x9BD04F, 0xD3DE3A, 0xFBE725,
    0xE05561, 0xB04650, 0x7C363D, 0x4A292E, 0x20252C, 0x1C3B35, 0x1D5A4B, 0x26806A, 0x35B58F,
)  # fmt: skip
_SAFE: Final = {
    UP: 0x4DA3FF, DOWN: 0xFF9E3D, UP_SOFT: 0x24507F, DOWN_SOFT: 0x7A4D20, BAD: 0xFF9E3D, GOOD: 0x4DA3FF,
    LIVE: 0xFBE725, WARN: 0xE8D24A,
    DIVERGE[0]: 0xFF9E3D, DIVERGE[1]: 0xC67C34, DIVERGE[2]: 0x8A5A2C, DIVERGE[3]: 0x4D3A26,
    DIVERGE[5]: 0x1C3148, DIVERGE[6]: 0x24507F, DIVERGE[7]: 0x3578BF, DIVERGE[8]: 0x4DA3FF,
}  # fmt: skip
# the sixteen colours as Rich knows them, so that its nearest match is exact
_ANSI: Final = (
    0x000000, 0xAA0000, 0x00AA00, 0xAA5500, 0x0000AA, 0xAA00AA, 0x00AAAA, 0xAAAAAA,
    0x555555, 0xFF5555, 0x55FF55, 0xFFFF55, 0x5555FF, 0xFF55FF, 0x55FFFF, 0xFFFFFF,
)  # fmt: skip
_SIXTEEN: Final = (
    0, 0, 4, 0, 7, 7, 8, 15, 14, 10, 9, 2, 1, 11, 9, 10, 11, 14, 13, 11, 14, 13, 10, 9, 15, 0,
    0, 4, 4, 6, 6, 2, 10, 11, 15, 9, 1, 1, 8, 0, 8, 2, 2, 10,
)  # fmt: skip
_SIXTEEN_SAFE: Final = {UP: 14, DOWN: 11, UP_SOFT: 6, DOWN_SOFT: 3, BAD: 11, GOOD: 14, LIVE: 15,
                        DIVERGE[0]: 11, DIVERGE[1]: 3, DIVERGE[2]: 3, DIVERGE[6]: 6, DIVERGE[7]: 6,
                        DIVERGE[8]: 14}  # fmt: skip


class Palette(NamedTuple):
    """One theme on one kind of terminal: packed RGB by role; `mono` paints with attributes only."""

    name: str
    rgb: tuple[int, ...]
    mono: bool = False

    def style(self, ink: int) -> Style:
        return _style(self, ink)

    def hex(self, role: int) -> str:
        return f"#{self.rgb[role]:06x}"


def palette(name: str, colours: str) -> Palette:
    """Return the theme `name` for `colours`: truecolor, 256, standard (16) or none."""
    safe = name == "cb-safe"
    if colours == "none":
        return Palette(name, _TRUE, mono=True)
    if colours == "standard":
        indexes = dict(enumerate(_SIXTEEN)) | (_SIXTEEN_SAFE if safe else {})
        return Palette(name, tuple(_ANSI[indexes[role]] for role in range(len(_SIXTEEN))))
    table = dict(enumerate(_TRUE)) | (_SAFE if safe else {})
    return Palette(name, tuple(table[role] for role in range(len(_TRUE))))


@lru_cache(maxsize=4096)
def _style(theme: Palette, ink: int) -> Style:
    fore, ground = ink & 255, ink >> 8 & 255
    bold, underline = bool(ink & BOLD), bool(ink & UNDERLINE)
    if theme.mono:
        return Style(
            bold=bold or fore in (BRIGHT, LIVE, BAD) or None,
            dim=fore in (DIM, FAINT, DOWN, DOWN_SOFT, UP_SOFT) or None,
            reverse=ground in (CURSOR, HEAD) or ground >= TEXT or None,
            underline=underline or ground == MARKED or None,
        )
    return Style(
        color=_colour(theme.rgb[fore]),
        bgcolor=_colour(theme.rgb[ground]),
        bold=bold or None,
        underline=underline or None,
    )


def _colour(rgb: int) -> Color:
    return Color.from_rgb(rgb >> 16, rgb >> 8 & 255, rgb & 255)
