"""Matplotlib's SVG made small and safe to put into a page: no style, no number of 6 decimals.

A page's policy, or a server that drops styles, takes away ``style`` attributes; attributes of their
own (``fill="…"``) stay, and rules of a page or of the picture itself can exchange colours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

__all__ = ["cleaned"]

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
HREF = f"{{{XLINK}}}href"
NUMBER = re.compile(r"-?\d+\.\d+")
FONT = re.compile(r"(?P<words>.*?)\s*(?P<size>[\d.]+)px\s+(?P<family>.*)")
REFERENCE = re.compile(r"#([^)\s\"']+)")
NUMERIC = frozenset({"d", "transform", "x", "y", "width", "height", "points"})
FAMILY = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Verdana, sans-serif"
# What an element has without saying so, and the font of the machine on which it was drawn.
USUAL = {
    "stroke-dashoffset": "0",
    "stroke-linejoin": "round",
    "opacity": "1",
    "stroke-width": "1",
    "text-anchor": "start",
}
DROPPED = frozenset({"font-family", "font"})
UNTURNED = re.compile(r"\s*rotate\(-?0( [^)]*)?\)\s*")


def cleaned(text: str, *, size: tuple[int, int], titles: Mapping[str, str], name: str) -> str:
    """Return the picture without ids that nothing refers to, with a ``<title>`` where one is given.

    ``titles`` are by the id that an artist was given. ``name`` describes the whole to a reader who
    does not see it.
    """
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    root = ET.fromstring(text)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        _give_title(element, titles)
        _plain(element)
    _forget_ids(root)
    _unwrap(root)
    root.attrib.clear()
    root.attrib |= {
        "viewBox": f"0 0 {size[0]} {size[1]}",
        "width": str(size[0]),
        "height": str(size[1]),
        "role": "img",
        "aria-label": name,
        "font-family": FAMILY,
        "stroke-linejoin": "round",
    }
    return ET.tostring(root, "unicode").replace(" />", "/>")


def _give_title(element: ET.Element, titles: Mapping[str, str]) -> None:
    told = titles.get(element.get("id", ""))
    if told is not None:
        title = ET.Element(f"{{{SVG}}}title")
        title.text = told
        element.insert(0, title)


def _plain(element: ET.Element) -> None:
    """Turn the style into attributes, and round numbers."""
    for key, value in _declarations(element.attrib.pop("style", "")):
        if USUAL.get(key) != value and key not in DROPPED:
            element.set(key, value.removesuffix("px"))
    if "transform" in element.attrib:
        turned = UNTURNED.sub("", element.attrib.pop("transform"))
        if turned:
            element.set("transform", turned)
    for key in NUMERIC & element.attrib.keys():
        element.set(key, NUMBER.sub(_rounded, element.attrib[key]).replace("\n", "").strip())
    for key in ("stroke-width", "stroke-dasharray"):
        if key in element.attrib:
            element.set(key, NUMBER.sub(_rounded, element.attrib[key]))
    element.text = element.text if element.text and element.text.strip() else None
    element.tail = None


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, map(str.strip, style.split(";"))):
        key, _, value = (one.strip() for one in part.partition(":"))
        found = FONT.fullmatch(value) if key == "font" else None
        if found is None:
            yield key, value
            continue
        yield "font-size", f"{float(found['size']):g}"
        if "bold" in found["words"] or "700" in found["words"]:
            yield "font-weight", "bold"


def _rounded(found: re.Match[str]) -> str:
    text = f"{float(found[0]):.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _forget_ids(root: ET.Element) -> None:
    used = {
        found
        for element in root.iter()
        for key, value in element.attrib.items()
        if key == HREF or value.startswith("url(")
        for found in REFERENCE.findall(value)
    }
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)


def _unwrap(element: ET.Element) -> None:
    """Put the content of groups that say nothing into their parents."""
    children: list[ET.Element] = []
    for child in element:
        _unwrap(child)
        if _is_invisible(child):
            continue
        is_bare = child.tag == f"{{{SVG}}}g" and not child.attrib
        has_title = any(one.tag == f"{{{SVG}}}title" for one in child)
        children += list(child) if is_bare and not has_title else [child]
    element[:] = children


def _is_invisible(element: ET.Element) -> bool:
    """Say whether it is a path without colour, or a group or definitions without content."""
    if element.tag == f"{{{SVG}}}path":
        return element.get("fill") == "none" and "stroke" not in element.attrib
    return element.tag in (f"{{{SVG}}}g", f"{{{SVG}}}defs") and not len(element)
