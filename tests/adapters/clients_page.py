"""The table of docs/adapters.md, from the adapters; ``python -m tests.adapters.clients_page`` writes it anew.

What a client does differently is known only where its library is: the program makes an environment
for each client beyond those of clientbench, and leaves what it finds there on the page.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import adapters
from harness.clients.bundle import Bundle
from harness.errors import UnusableError
from harness.measure.contenders import Resolver
from harness.scenario.selector import ClientSpec
from tests.require import is_left_out

PAGE = Path(__file__).parents[2] / "docs" / "adapters.md"
BEGIN = "<!-- made of the adapters by python -m tests.adapters.clients_page -->\n"
END = "<!-- end of what is made -->\n"
COLUMNS = 100
NAMES = tuple(dict.fromkeys((*adapters.BY_POPULARITY, *adapters.BUILTIN)))
PYTHON = "Python's own"
Modes = Mapping[str, Mapping[str, Any]]  # capabilities by mode


def table() -> list[str]:
    """Every client, the most popular first."""
    lines = ["| client | library | from version | modes | adapter |", "|---|---|---|---|---|"]
    for name in NAMES:
        module, distribution = {**adapters.BUILTIN, **adapters.ELSEWHERE}[name]
        cells = (
            f"`{name}`",
            distribution or PYTHON,
            adapters.OLDEST.get(name, ""),
            ", ".join(adapters.MODES_OF[name]),
            f"`{module.replace('.', '/')}.py`",
        )
        lines.append("|" + "|".join(f" {cell} ".replace("  ", " ") for cell in cells) + "|")
    return lines


def left_out() -> list[str]:
    return [line for name, why in adapters.LEFT_OUT.items() for line in _item(f"`{name}`: {why}")]


def differences(name: str, modes: Modes) -> list[str]:
    """What a client does not do like the others, as lines of a list; empty if there is nothing."""
    told = {one: list(_told(name, can)) for one, can in modes.items()}
    common = [
        text for text in next(iter(told.values())) if all(text in one for one in told.values())
    ]
    parts = list(common)
    for mode, texts in told.items():
        parts += [f"{text} ({mode})" for text in texts if text not in common]
    return _item(f"**{name}**: {'; '.join(parts)}") if parts else []


def _told(name: str, can: Mapping[str, Any]) -> Iterator[str]:
    yield from can["unequal"]
    claims: dict[str, list[str]] = {}
    for claim, sentence in can["known_failures"].items():
        claims.setdefault(sentence.removeprefix(f"{name} "), []).append(f"`{claim}`")
    yield from (f"fails {', '.join(some)}: {sentence}" for sentence, some in claims.items())


def _item(text: str) -> list[str]:
    return textwrap.wrap(
        f"* {text}",
        COLUMNS,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def capabilities(resolver: Resolver, name: str) -> Modes:
    """What a client can do, in the environment that is used for it."""
    return resolver.select(ClientSpec(name)).client.modes


def parts(page: str) -> list[str]:
    """The text before, between and after what is made: table, differences, clients left out."""
    return [
        piece.rpartition(END)[2] if number else piece
        for number, piece in enumerate(page.split(BEGIN))
    ]


def made(page: str) -> list[str]:
    """The three parts that are made, as the page has them."""
    return [piece.partition(END)[0] for piece in page.split(BEGIN)[1:]]


def block(lines: list[str]) -> str:
    return "\n" + "\n".join(lines) + "\n\n"


def items(text: str) -> dict[str, list[str]]:
    """The lines of a list of clients, by client."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.strip().splitlines():
        if line.startswith("* **"):
            lines = found.setdefault(line.split("**")[1], [])
        lines.append(line)
    return found


def written(page: str, found: Mapping[str, list[str]]) -> str:
    """The page with everything made anew; ``found`` has the differences of each client."""
    listed = [line for name in NAMES for line in found.get(name, ())]
    blocks = (table(), listed, left_out())
    texts = parts(page)
    whole = texts[0]
    for lines, after in zip(blocks, texts[1:], strict=True):
        whole += BEGIN + block(lines) + END + after
    return whole


def main() -> None:
    page = PAGE.read_text("utf-8")
    found = items(made(page)[1])
    with Bundle() as bundle:
        resolver = Resolver(bundle)
        for name in NAMES:
            if is_left_out(name):  # building it takes minutes
                sys.stderr.write(f"{name}: as it was: it is not installed\n")
                continue
            try:
                found[name] = differences(name, capabilities(resolver, name))
            except UnusableError as error:
                sys.stderr.write(f"{name}: as it was: {error}\n")
    PAGE.write_text(written(page, found), "utf-8")


if __name__ == "__main__":
    main()
