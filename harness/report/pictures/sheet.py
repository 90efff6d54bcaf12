"""A sheet to draw on: matplotlib without its global state, in pixels from the top left."""

from __future__ import annotations

import io
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from harness.errors import UnusableError
from harness.report.pictures.palette import GRID, INK, MUTED, PAPER, SERIES, dark_rules
from harness.report.pictures.svg import cleaned
from harness.report.pictures.ticks import linear_ticks, log_ticks, spread
from harness.text import shortened, visible

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["NARROW", "WIDE", "Sheet", "Style", "check_installed", "named", "style"]

WIDE, NARROW = 860, 348  # px: for screens, and for phones, where a smaller text could not be read
SCALE = 2.5  # PNG pixels per px
SMALL, NORMAL, LARGE = 11.0, 12.0, 13.0  # px of text
LONGEST_NAME = 30  # characters of a label in a picture; its table has all of it
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
DASHES: Sequence[Any] = ("-", (0, (6, 2)), (0, (6, 2, 1, 2)), (0, (3, 1)), (0, (8, 2, 1, 1, 1, 2)))
DOTTED: Any = (0, (1, 2))
INSTALLING = "install it with pip install 'clientbench[report]'"
# What a picture needs of matplotlib; everything else is as matplotlib itself has it, not its user.
PARAMETERS: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.image_inline": True,
    "text.parse_math": False,
    "text.usetex": False,
    "axes.unicode_minus": True,
    "path.simplify": True,
    "hatch.linewidth": 1.0,
    "font.size": NORMAL,
    "text.color": INK.light,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


class Style:
    """The look of one series: colour, marker and dash. The tenth has the first colour, dashed."""

    def __init__(self, number: int) -> None:
        self.colour = SERIES[number % len(SERIES)].light
        self.marker = MARKERS[number % len(MARKERS)]
        self.dash = DASHES[(number // len(SERIES)) % len(DASHES)]


def style(number: int) -> Style:
    """Return the look of a series by its place."""
    return Style(number)


def named(label: str) -> str:
    """Return a label as a picture shows it: visible, and not too long."""
    return shortened(visible(" ".join(label.split())), LONGEST_NAME)


def check_installed() -> None:
    """Raise UnusableError unless matplotlib is there."""
    if find_spec("matplotlib") is None:
        raise UnusableError(f"pictures need matplotlib, which is not installed; {INSTALLING}")


@contextmanager
def _quiet() -> Iterator[Any]:
    """Load matplotlib as it comes, whatever its user's settings are, and without a word from it."""
    check_installed()
    logging.getLogger("matplotlib").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # glyphs that are missing here, a reader's program may have
        backend = os.environ.pop("MPLBACKEND", None)  # a wrong one would end the import
        try:
            import matplotlib  # noqa: PLC0415  slow, and an extra
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise UnusableError(f"matplotlib cannot be imported ({reason})") from error
        finally:
            if backend is not None:
                os.environ["MPLBACKEND"] = backend
        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(PARAMETERS)
            yield matplotlib


class Sheet:
    """A figure of some width; how high it is, says whoever draws on it."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.height = 0
        self._parts: list[tuple[Axes, tuple[float, float, float, float]]] = []
        self._texts: list[tuple[Any, float, float]] = []
        self._titles: dict[str, str] = {}
        from matplotlib.figure import Figure  # noqa: PLC0415

        self.figure = Figure(figsize=(width / 72, 1), dpi=72)

    @classmethod
    @contextmanager
    def opened(cls, width: int) -> Iterator[Sheet]:
        """Give a sheet within matplotlib's settings; everything is drawn and saved in the block."""
        with _quiet():
            yield cls(width)

    @property
    def is_narrow(self) -> bool:
        """Say whether names stand above what they name, instead of beside it."""
        return self.width < WIDE / 2

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Add axes without a frame, at a place in px from the top left."""
        made = self.figure.add_axes((0, 0, 1, 1))
        for side in ("top", "right", "left", "bottom"):
            made.spines[side].set_visible(False)
        made.tick_params(length=0, labelsize=SMALL, labelcolor=MUTED.light, pad=4)
        made.set_axisbelow(True)
        self._parts.append((made, (left, top, width, height)))
        return made

    def text(self, x: float, y: float, text: str, **how: Any) -> Any:
        """Write text, its middle at ``y``; in px from the top left."""
        how = {"fontsize": NORMAL, "va": "center", **how}
        made = self.figure.text(0, 0, visible(text), **how)
        self._texts.append((made, x, y))
        return made

    def heading(self, x: float, y: float, text: str) -> None:
        """Write the heading of a part of the picture."""
        self.text(x, y, text, fontweight="bold", fontsize=LARGE)

    def title(self, artist: Artist, text: str) -> None:
        """Give something drawn a text that a reader sees when pointing at it."""
        gid = f"titled-{len(self._titles)}"
        artist.set_gid(gid)
        self._titles[gid] = visible(text)

    def log_x(self, axes: Axes, low: float, high: float, labels: Any, most: int = 8) -> None:
        """Make the x axis logarithmic, with a grid; ``labels`` writes a tick's value."""
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        self._ticks(axes.xaxis, log_ticks(low, high, most), labels)

    def log_y(self, axes: Axes, low: float, high: float, labels: Any, most: int = 6) -> None:
        """Make the y axis logarithmic, likewise."""
        axes.set_yscale("log")
        axes.set_ylim(low, high)
        self._ticks(axes.yaxis, log_ticks(low, high, most), labels)

    def linear_x(self, axes: Axes, high: float, labels: Any, most: int = 5) -> None:
        """Let the x axis begin at zero."""
        axes.set_xlim(0, high)
        self._ticks(axes.xaxis, linear_ticks(0, high, most), labels)

    def linear_y(self, axes: Axes, high: float, labels: Any, most: int = 5) -> None:
        """Let the y axis begin at zero."""
        axes.set_ylim(0, high)
        self._ticks(axes.yaxis, linear_ticks(0, high, most), labels)

    def _ticks(self, axis: Any, ticks: Sequence[float], labels: Any) -> None:
        axis.set_ticks([], minor=True)
        axis.set_ticks(list(ticks), labels=[labels(one) for one in ticks])
        axis.grid(True, color=GRID.light, linewidth=1)

    def end_labels(
        self, box: tuple[float, float, float, float], ends: Sequence[tuple[float, str, str]]
    ) -> None:
        """Name lines at their right end; ``ends``: height as a share of the axes, name, colour."""
        left, top, width, height = box
        places = [top + height * (1 - share) for share, _, _ in ends]
        moved = spread(places, SMALL + 2, top, top + height)
        for y, (_, name, colour) in zip(moved, ends, strict=True):
            self.text(left + width + 8, y, name, color=colour, fontsize=SMALL)

    def svg(self, name: str, salt: str) -> str:
        """Return the picture with its texts as text."""
        import matplotlib  # noqa: PLC0415

        self._settle()
        matplotlib.rcParams["svg.hashsalt"] = f"clientbench {salt} {self.width}"
        out = io.StringIO()
        none = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        self.figure.savefig(out, format="svg", metadata=none)
        size = (self.width, self.height)
        return cleaned(out.getvalue(), size=size, titles=self._titles, name=visible(name))

    def png(self, software: str) -> bytes:
        """Return the picture on white paper."""
        self._settle()
        out = io.BytesIO()
        self.figure.savefig(
            out,
            format="png",
            dpi=72 * SCALE,
            facecolor=PAPER.light,
            metadata={"Software": software},
        )
        return out.getvalue()

    def _settle(self) -> None:
        """Put everything in its place, now that the height is known."""
        height = self.height
        self.figure.set_size_inches(self.width / 72, height / 72)
        for axes, (left, top, width, high) in self._parts:
            bottom = height - top - high
            axes.set_position(
                (left / self.width, bottom / height, width / self.width, high / height)
            )
        for text, x, y in self._texts:
            text.set_position((x / self.width, 1 - y / height))


Form = Literal["svg", "png"]


def standalone(svg: str, sign: str) -> str:
    """Return an inline SVG as a file of its own, dark where the reader prefers that."""
    head, _, rest = svg.partition(">")
    style_ = f"<style>@media (prefers-color-scheme: dark) {{\n{dark_rules()}\n}}</style>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- {sign} -->\n{head}>{style_}{rest}\n'
