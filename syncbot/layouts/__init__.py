"""How downstream keeps its packages. One module per layout, each behind `syncbot.ports.Layout`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from syncbot.layouts.formats import FORMATS, open_format
from syncbot.layouts.native import NativeLayout
from syncbot.layouts.packaging import PackagingLayout
from syncbot.layouts.saying import Ground
from syncbot.ports.layout import Layout

NATIVE = "native"


def _packaging(name: str) -> Callable[[Ground], Layout]:
    return lambda ground: PackagingLayout(open_format(name), ground)


LAYOUTS: Mapping[str, Callable[[Ground], Layout]] = MappingProxyType(
    {NATIVE: lambda ground: NativeLayout(ground.limits), **{name: _packaging(name) for name in FORMATS}}
)
"""{name: what makes the layout}. A new layout is a module, a row here, a before/after table and a paragraph of docs; a
packaging format a row in `formats`."""
