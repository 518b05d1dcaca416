"""Pages from templates. Everything that stands in one is text from outside until shown otherwise: each value is made
visible (control and bidirectional characters, bytes that were not UTF-8) and escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from syncbot import __version__
from syncbot.report.measure_tables import share
from syncbot.report.safe import visible
from syncbot.report.words import plural
from syncbot.web import labels

Context = Mapping[str, Any]


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A rendered page. `values`: the template's own."""
    on: date | None = getattr(request.state, "on", None)
    branch: str = getattr(request.state, "branch", "")
    branches = [name for name in request.app.state.seats if name]
    there = request.url.remove_query_params(("on", "offset"))
    kept = {name: value for name, value in (("branch", branch), ("on", "" if on is None else on.isoformat())) if value}
    text = (
        _environment()
        .get_template(template)
        .render(
            path=request.url.path,
            query=request.url.query,
            search=request.query_params.get("q", ""),
            on=on,
            branch=branch or (branches[0] if branches else ""),
            branches=branches,
            today=f"{there.path}?{there.query}" if there.query else there.path,
            **values,
        )
    )
    return HTMLResponse(_staying(text, kept) if kept else text, status)


def _staying(text: str, kept: Mapping[str, str]) -> str:
    """A page of a past day or of one of several branches, whose links and forms lead to such pages. What stands in a
    page from outside is escaped: it has no quotation marks, so nothing of it is taken for a link."""
    more = "&amp;".join(f"{name}={quote(value, safe='')}" for name, value in kept.items())
    fields = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in kept.items())
    text = _LINK.sub(lambda m: f'{m[1]}{"&amp;" if "?" in m[2] else "?"}{more}{m[3] or ""}"', text)
    return _FORM.sub(lambda m: m[0] + fields, text)


_LINK = re.compile(
    r'(<a (?:[a-z-]+="[^"]*" )*href="'
    r'(/(?!static/|api\b|badge/|feed|hooks/)(?![^"#]*[?;&](?:on|branch)=)[^"#]*))(#[^"]*)?"'
)
_FORM = re.compile(r'<form (?!class="days")[^>]*action="/(?!api/|hooks/)[^"]*"[^>]*>')


def warm() -> None:
    """Compile every template, so that no reader waits for it."""
    for name in _environment().list_templates():
        _environment().get_template(name)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("syncbot.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "seg": segment,
        "number": number,
        "share": share,
        "day": day,
        "moment": moment,
        "since": since,
        "plural": plural_,
        "short": short,
        "arrows": arrows,
        "about": about,
    }
    made.globals |= {"labels": labels, "version": __version__, "url": url}
    return made


def _shown(value: object) -> object:
    """Of every expression in a template; what a template made itself is Markup."""
    if value is None:
        return ""
    return visible(value, keep="\n\t") if isinstance(value, str) and not isinstance(value, Markup) else value


def arrows(title: str) -> str:
    """A proposal's title with arrows that no line breaks in two."""
    return title.replace(" -> ", " → ")


def about(title: str, package: str) -> str:
    """A proposal's title where its package stands before it already."""
    return arrows(title.removeprefix(f"{package}: "))


def segment(text: str) -> str:
    """A name as part of a path; its slashes stay. Bytes that were not UTF-8 stand as they are shown."""
    return quote(visible(text), safe="/@:+~,")


def url(path: str, **parameters: object) -> str:
    """A path with those parameters that say something."""
    given = [
        f"{name}={quote(visible(str(value)), safe='')}" for name, value in parameters.items() if value not in (None, "")
    ]
    return f"{path}?{'&'.join(given)}" if given else path


def number(value: float | None, unknown: str = "–") -> str:
    """`12,345`, a dash for what is not known."""
    return unknown if value is None else f"{value:,}"


def plural_(count: int, word: str) -> str:
    """`1,234 patches`."""
    _, _, words = plural(count, word).partition(" ")
    return f"{count:,} {words}"


def day(value: datetime | date | None) -> str:
    """`12 Jan 2026`."""
    return "–" if value is None else f"{value.day} {value:%b %Y}"


def moment(value: datetime | None) -> str:
    """`12 Jan 2026, 08:30 UTC`."""
    return "–" if value is None else f"{day(value.astimezone(UTC))}, {value.astimezone(UTC):%H:%M} UTC"


def since(days: int | None) -> str:
    """Days as people say them: `3 days`, `5 months`, `2.4 years`."""
    if days is None:
        return "–"
    if days < 60:
        return plural(days, "day")
    return f"{round(days / 30.44)} months" if days < 730 else f"{days / 365.25:.1f} years"


def short(commit: str | None) -> str:
    """A commit id as people read it."""
    return (commit or "")[:12]
