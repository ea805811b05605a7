"""A partial refresh that sends only its region.

Textual 8.2.8 sends every changed region from the widget's left edge on; for a board whose
numbers change on the right that is most of each row (measured: twice the bytes or more). This
replaces the one method that does so, only in the version it was written for.
"""

from importlib.metadata import version

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate

WRITTEN_FOR = "8.2.8"


def install() -> bool:
    """Replace the method; False when Textual is another version (everything works, with more bytes)."""
    if version("textual") != WRITTEN_FOR:
        return False
    ChopsUpdate.render_segments = render_segments  # type: ignore[method-assign]  # see above
    return True


def render_segments(self: ChopsUpdate, console: Console) -> str:
    """Return the changed spans as terminal text, cropped on both sides."""
    out: list[str] = []
    last_y = self.spans[-1][0]
    for y, x1, x2 in self.spans:
        for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
            if strip is None or x >= x2 or end <= x1:
                continue
            start = max(x, x1)
            piece = strip.crop(start - x, min(end, x2) - x)
            out.append(Control.move_to(start, y).segment.text)
            out.append(piece.render(console))
        if y != last_y:
            out.append("\n")
    return "".join(out)
