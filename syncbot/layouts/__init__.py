"""How downstream keeps its packages. One module per layout, each behind `syncbot.ports.Layout`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from syncbot.layouts.native import NativeLayout
from syncbot.model.settings import Limits
from syncbot.ports.layout import Layout

LAYOUTS: Mapping[str, Callable[[Limits], Layout]] = MappingProxyType({"native": NativeLayout})
"""{name: what makes the layout}. A new layout is a module, a row here, a before/after table and a paragraph of docs."""
