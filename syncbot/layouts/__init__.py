"""How downstream keeps its packages. One module per layout, each behind `syncbot.ports.Layout`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from syncbot.layouts.formats import FORMATS, open_format

if TYPE_CHECKING:
    from syncbot.layouts.saying import Ground
    from syncbot.ports.layout import Layout

NATIVE = "native"


def _native(ground: Ground) -> Layout:
    from syncbot.layouts.native import NativeLayout  # noqa: PLC0415  # one of the two is enough

    return NativeLayout(ground.limits)


def _packaging(name: str, ground: Ground) -> Layout:
    from syncbot.layouts.packaging import PackagingLayout  # noqa: PLC0415  # as above

    return PackagingLayout(open_format(name), ground)


LAYOUTS: Mapping[str, Callable[[Ground], Layout]] = MappingProxyType(
    {NATIVE: _native, **{name: partial(_packaging, name) for name in FORMATS}}
)
"""{name: what makes the layout}. A new layout is a module, a row here, a before/after table and a paragraph of docs; a
packaging format a row in `formats`."""
