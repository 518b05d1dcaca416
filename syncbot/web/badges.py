"""Badges: small SVG pictures of one number, for a README or a dashboard elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from markupsafe import escape

from syncbot.model.measures import PackageMeasure
from syncbot.report.words import plural
from syncbot.web.asking import Now, package_of

router = APIRouter()
Kind = Literal["patches", "lines", "behind"]
_CALM, _GOOD, _LATE = "#3b5368", "#1c6b3c", "#8a4b08"
_WIDE = 6.6
"""Pixels of a character, about."""


def _patches(package: PackageMeasure) -> tuple[str, str, str]:
    count = len(package.patches)
    return "patches", str(count), _GOOD if not count else _CALM


def _lines(package: PackageMeasure) -> tuple[str, str, str]:
    count = sum(patch.facts.lines for patch in package.patches)
    return "delta", plural(count, "line"), _GOOD if not count else _CALM


def _behind(package: PackageMeasure) -> tuple[str, str, str]:
    if package.behind is None:
        return "upstream", "unknown", _CALM
    if not package.behind:
        return "upstream", "up to date", _GOOD
    return "upstream", f"{plural(package.behind, 'release')} behind", _LATE


_KINDS: dict[str, Callable[[PackageMeasure], tuple[str, str, str]]] = {
    "patches": _patches,
    "lines": _lines,
    "behind": _behind,
}


@router.get("/badge/{package}/{kind}.svg", include_in_schema=False)
def badge(found: Now, package: Annotated[str, Path(max_length=200)], kind: Kind) -> Response:
    """Any page may show it."""
    picture = drawn(*_KINDS[kind](package_of(found, package)))
    headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "max-age=300"}
    return Response(picture, media_type="image/svg+xml", headers=headers)


def drawn(label: str, value: str, colour: str) -> str:
    """The picture. White on these colours has a contrast of at least 4.5."""
    left, right = round(len(label) * _WIDE + 12), round(len(value) * _WIDE + 12)
    text = 'fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{escape(label)}: {escape(value)}"><title>{escape(label)}: {escape(value)}</title>'
        f'<clipPath id="r"><rect width="{left + right}" height="20" rx="3"/></clipPath><g clip-path="url(#r)">'
        f'<rect width="{left}" height="20" fill="#3f3f46"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g><g {text}>'
        f'<text x="{left / 2:g}" y="14">{escape(label)}</text>'
        f'<text x="{left + right / 2:g}" y="14">{escape(value)}</text></g></svg>'
    )
