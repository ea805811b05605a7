"""Make a PNG of the console: run it in a pty, type keys, read the screen back through pyte.

`python tests/ui/picture.py OUT.png --cols 200 --rows 60 --keys "j j enter" -- command …`
"""

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from pathlib import Path

import pyte
from PIL import Image, ImageDraw, ImageFont

CELL = (10, 20)
COLOURS = 128  # keeps a picture small and every ink as it is
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
NAMED = {
    "black": "000000", "red": "aa0000", "green": "00aa00", "brown": "aa5500", "blue": "0000aa", "magenta": "aa00aa",
    "cyan": "00aaaa", "white": "aaaaaa", "brightblack": "555555", "brightred": "ff5555", "brightgreen": "55ff55",
    "brightbrown": "ffff55", "brightyellow": "ffff55", "brightblue": "5555ff", "brightmagenta": "ff55ff",
    "bfightmagenta": "ff55ff", "brightcyan": "55ffff", "brightwhite": "ffffff",
}  # fmt: skip
NAMES = {
    "escape": "\x1b",
    "enter": "\r",
    "tab": "\t",
    "space": " ",
    "down": "\x1b[B",
    "up": "\x1b[A",
}
BOX = {
    "─": (0, 0, 1, 1), "│": (1, 1, 0, 0), "┤": (1, 1, 1, 0), "╵": (1, 0, 0, 0), "╷": (0, 1, 0, 0),
    "┃": (2, 2, 0, 0), "╹": (2, 0, 0, 0), "╻": (0, 2, 0, 0), "╿": (1, 2, 0, 0), "╽": (2, 1, 0, 0), "━": (0, 0, 2, 2),
}  # fmt: skip
QUADS = {
    0x2596: 4,
    0x2597: 8,
    0x2598: 1,
    0x2599: 13,
    0x259A: 9,
    0x259B: 7,
    0x259C: 11,
    0x259D: 2,
    0x259E: 6,
    0x259F: 14,
}
_PRIVATE = re.compile(rb"\x1b\[[?>=<][0-9;]*[a-zA-Z$]+|\x1b\[\?[0-9;]*\$p")
_WHOLE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[^\[\]])")
_LONGEST = 64  # of a sequence of escapes
_ANSWER_S, _KEY_S = 0.35, 0.06  # what a key has at most; a pause that ends its answer


class Terminal:
    """A program in a pty of a given size, answering what a terminal answers."""

    def __init__(self, command: list[str], cols: int, rows: int, env: dict[str, str]) -> None:
        self.cols, self.rows, self.data = cols, rows, b""
        self._screen = pyte.Screen(cols, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._fed = 0  # bytes of `data` that the screen has been told
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(env)
            time.sleep(0.05)  # the size is set before the program looks
            os.execvp(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def read(self, seconds: float, until: bytes = b"") -> bytes:
        """Read for a time, or until some bytes came; returns what is new."""
        end, new = time.monotonic() + seconds, b""
        while time.monotonic() < end and not (until and until in new):
            if not select.select([self.fd], [], [], 0.02)[0]:
                continue
            try:
                part = os.read(self.fd, 1 << 18)
            except OSError:
                break
            if not part:
                break
            if b"\x1b[?2026$p" in part:
                os.write(self.fd, b"\x1b[?2026;2$y")
            for _ in range(part.count(b"\x1b[6n")):
                os.write(self.fd, b"\x1b[1;1R")
            new += part
        self.data += new
        return new

    def type(self, keys: str) -> None:
        """Press keys one after the other, each when the one before was answered or had its time."""
        for key in keys.split():
            os.write(self.fd, NAMES.get(key, key).encode())
            self._rest(_KEY_S if key != "escape" else 0.0)

    def _rest(self, quiet_s: float) -> None:
        """Read until something came and then nothing for a while; 0 waits the whole of its time.

        An escape must stand alone, or it is the beginning of another key.
        """
        end, heard = time.monotonic() + _ANSWER_S, False
        while (now := time.monotonic()) < end:
            new = self.read(quiet_s or end - now)
            if heard and not new and quiet_s:
                return
            heard = heard or bool(new)

    def screen(self) -> pyte.Screen:
        """Return the screen as it is now; what may be half of a sequence waits for its end."""
        new = self.data[self._fed :]
        cut = new.rfind(b"\x1b", -_LONGEST)
        if cut >= 0 and not _WHOLE.match(new, cut):
            new = new[:cut]
        self._fed += len(new)
        self._stream.feed(_PRIVATE.sub(b"", new))
        return self._screen

    def text(self) -> list[str]:
        return list(self.screen().display)

    def end(self, limit: float = 5.0) -> int:
        """Ask the program to end (SIGTERM, then SIGKILL); return its wait status."""
        os.kill(self.pid, signal.SIGTERM)
        stop = time.monotonic() + limit
        while time.monotonic() < stop:
            self.read(0.05)
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                return status
        os.kill(self.pid, signal.SIGKILL)
        return os.waitpid(self.pid, 0)[1]


def draw(screen: pyte.Screen, out: Path) -> None:
    """Write the screen as a picture, blocks and braille drawn exactly."""
    cw, ch = CELL
    image = Image.new("RGB", (screen.columns * cw, screen.lines * ch))
    pen = ImageDraw.Draw(image)
    font = ImageFont.truetype(FONT, 16)
    for y in range(screen.lines):
        for x in range(screen.columns):
            cell = screen.buffer[y][x]
            fore, ground = _rgb(cell.fg, (201, 209, 217)), _rgb(cell.bg, (0, 0, 0))
            if cell.reverse:
                fore, ground = ground, fore
            pen.rectangle((x * cw, y * ch, x * cw + cw - 1, y * ch + ch - 1), fill=ground)
            if cell.data not in ("", " "):
                _glyph(pen, x * cw, y * ch, cell.data, fore, font)
                if cell.bold:
                    _glyph(pen, x * cw + 1, y * ch, cell.data, fore, font)
    image.quantize(COLOURS).save(out, optimize=True)


def _rgb(name: str, default: tuple[int, int, int]) -> tuple[int, int, int]:
    if name == "default":
        return default
    value = NAMED.get(name, name)
    return int(value[0:2], 16), int(value[2:4], 16), int(value[4:6], 16)


def _glyph(
    pen: ImageDraw.ImageDraw,
    x: int,
    y: int,
    glyph: str,
    fore: tuple[int, int, int],
    font: ImageFont.FreeTypeFont,
) -> None:
    code = ord(glyph[0])
    if 0x2800 <= code <= 0x28FF:
        _braille(pen, x, y, code - 0x2800, fore)
    elif 0x2580 <= code <= 0x259F:
        _block(pen, x, y, code, fore)
    elif glyph in BOX:
        _box(pen, x, y, BOX[glyph], fore)
    elif glyph == "┈":
        for i in (1, 4, 7):
            pen.point((x + i, y + CELL[1] // 2), fill=fore)
    else:
        pen.text((x, y), glyph, font=font, fill=fore)


def _braille(
    pen: ImageDraw.ImageDraw, x: int, y: int, bits: int, fore: tuple[int, int, int]
) -> None:
    spots = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
    for bit, (cx, cy) in enumerate(spots):
        if bits >> bit & 1:
            place = (x + 2 + cx * 5, y + 2 + cy * 5, x + 3 + cx * 5, y + 3 + cy * 5)
            pen.rectangle(place, fill=fore)


def _block(pen: ImageDraw.ImageDraw, x: int, y: int, code: int, fore: tuple[int, int, int]) -> None:
    cw, ch = CELL
    if code == 0x2580:
        pen.rectangle((x, y, x + cw - 1, y + ch // 2 - 1), fill=fore)
    elif code <= 0x2588:
        pen.rectangle(
            (x, y + ch - round(ch * (code - 0x2580) / 8), x + cw - 1, y + ch - 1), fill=fore
        )
    elif code <= 0x258F:
        pen.rectangle((x, y, x + round(cw * (0x2590 - code) / 8), y + ch - 1), fill=fore)
    for bit, (cx, cy) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        if QUADS.get(code, 0) >> bit & 1:
            place = (x + cx * 5, y + cy * 10, x + cx * 5 + 4, y + cy * 10 + 9)
            pen.rectangle(place, fill=fore)


def _box(
    pen: ImageDraw.ImageDraw,
    x: int,
    y: int,
    arms: tuple[int, int, int, int],
    fore: tuple[int, int, int],
) -> None:
    cw, ch = CELL
    mx, my = x + cw // 2, y + ch // 2
    ends = ((mx, y, mx, my), (mx, my, mx, y + ch - 1), (x, my, mx, my), (mx, my, x + cw - 1, my))
    for weight, (x0, y0, x1, y1) in zip(arms, ends, strict=True):
        if weight:
            wide = 2 if weight == 2 and x0 == x1 else 0
            tall = 1 if weight == 2 and y0 == y1 else 0
            pen.rectangle((x0 - wide, y0 - tall, x1 + wide, y1 + tall), fill=fore)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("out", type=Path)
    ask.add_argument("--cols", type=int, default=160)
    ask.add_argument("--rows", type=int, default=45)
    ask.add_argument("--keys", default="")
    ask.add_argument("--wait", type=float, default=1.5)
    ask.add_argument("--colorterm", default="truecolor")
    ask.add_argument("--term", default="xterm-256color")
    split = sys.argv.index("--")
    given, command = ask.parse_args(sys.argv[1:split]), sys.argv[split + 1 :]
    terminal = Terminal(
        command, given.cols, given.rows, {"TERM": given.term, "COLORTERM": given.colorterm}
    )
    terminal.read(given.wait)
    terminal.type(given.keys)
    terminal.read(0.5)
    draw(terminal.screen(), given.out)
    terminal.end()


if __name__ == "__main__":
    main()
