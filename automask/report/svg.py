"""Embeds matplotlib's SVG in a page, in the page's colours and without styles."""

from __future__ import annotations

import re
from xml.etree import ElementTree

# Placeholders for the page's own colours; plots use these colours for nothing else.
INK = "#010203"
PAPER = "#fdfcfb"

_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_DROPPED = frozenset(f"{{{_SVG}}}{name}" for name in ("metadata", "style"))
# The page's font is used; matplotlib names fonts that phones lack.
_LEFT_TO_PAGE = frozenset(("font", "font-family"))


def for_page(data: bytes, title: str, words: str) -> str:
    """The <svg> element of a file by matplotlib, named by its title and described by `words`.

    Styles become attributes, which a strict content security policy allows; ids become unique in
    the page; black becomes the page's text colour.

    Args:
        data: The SVG file.
        title: Name of the element, and prefix of its ids.
        words: Its description for screen readers.

    Returns:
        The element.
    """
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(data)
    prefix = re.sub(r"\W+", "-", title.lower()) + "-"
    for element in root.iter():
        for child in [child for child in element if child.tag in _DROPPED]:
            element.remove(child)
        _plain_attributes(element, prefix)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", f"{title}. {words}")
    text = ElementTree.tostring(root, encoding="unicode")
    return text.replace(INK, "currentColor").replace(PAPER, "var(--paper)")


def _plain_attributes(element: ElementTree.Element, prefix: str) -> None:
    for name, value in _declarations(element.attrib.pop("style", "")):
        if name == "font":
            name, value = "font-size", _size_of(value)
        if name not in _LEFT_TO_PAGE:
            element.set(name, value)
    target = element.attrib.pop(_LINK, None)
    if target is not None:
        element.set("href", target)
    for name, value in element.attrib.items():
        if name == "id":
            element.set(name, prefix + value)
        elif name == "href":
            element.set(name, value.replace("#", f"#{prefix}", 1))
        elif "url(#" in value:
            element.set(name, value.replace("url(#", f"url(#{prefix}"))


def _declarations(style: str) -> list[tuple[str, str]]:
    pairs = (part.partition(":") for part in style.split(";") if ":" in part)
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _size_of(font: str) -> str:
    """The size in a `font` shorthand, e.g. 10px of "10px 'DejaVu Sans', sans-serif"."""
    found = re.search(r"[\d.]+px", font)
    return found.group() if found else "10px"
