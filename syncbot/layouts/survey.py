"""What there is in a packaging repository, before anything is tracked: every package, and what is known of it."""

from __future__ import annotations

from syncbot.errors import InputError, SyncbotError
from syncbot.layouts.formats import FORMATS, open_format
from syncbot.layouts.native import NativeLayout
from syncbot.layouts.reading import link_on
from syncbot.layouts.recipe import Format, Glancing, Place
from syncbot.layouts.recognise import NATIVE, Recognised, recognise
from syncbot.layouts.saying import Ground, Sayings
from syncbot.model.packages import Policy
from syncbot.model.trees import Tree
from syncbot.ports.layout import Seen, Survey


def survey(tree: Tree, folder: str, layout: str, ground: Ground, patches: str = "patches") -> Survey:
    """Every package at or below `folder`. `layout` empty: it is recognised; `patches`: where our own would lie. Raises
    InputError where no layout is recognised."""
    found = (_of(tree, folder, layout),) if layout else recognise(tree, folder, patches)
    if not found:
        known = ", ".join((NATIVE, *FORMATS))
        raise InputError("no packages of any layout are there", f"name the layout and its folder; known are {known}")
    first, *others = found
    also = tuple(other.name for other in others)
    if first.name == NATIVE:
        return Survey(NATIVE, also, _native(tree, patches, ground))
    said = Sayings(ground, tree)
    format = open_format(first.name)
    seen = (_seen(tree, place, format, said) for place in sorted(first.places, key=lambda place: place.path))
    return Survey(first.name, also, tuple(seen))


def _of(tree: Tree, folder: str, layout: str) -> Recognised:
    if layout != NATIVE and layout not in FORMATS:
        raise InputError(f"there is no layout {layout!r}", f"known are {', '.join((NATIVE, *FORMATS))}")
    return Recognised(layout, () if layout == NATIVE else tuple(open_format(layout).find(tree, folder)))


def _native(tree: Tree, folder: str, ground: Ground) -> tuple[Seen, ...]:
    found = NativeLayout(ground.limits).read(tree, folder, Policy())
    read = [Seen(p.name, p.path, p.upstream, p.base, len(p.series), p.owners) for p in found.packages]
    bad = [Seen(p.package, f"{folder}/{p.package}", error=str(p.error)) for p in found.problems]
    return tuple(sorted((*read, *bad), key=lambda seen: seen.path))


def _seen(tree: Tree, place: Place, format: Format, sayings: Sayings) -> Seen:
    try:
        link = link_on(tree, place.path)
        if link is not None:
            raise InputError("is a symlink, which is not followed", "put the file itself there", path=link)
        if isinstance(format, Glancing) and not format.may_carry(tree, place):
            return Seen(place.name, place.path, None, None, 0)
        recipe = format.read(tree, place)
        said = sayings.of(place.name)
        known = recipe.known
        return Seen(
            place.name,
            place.path,
            said.upstream or known.upstream,
            recipe.version,
            len(recipe.patches),
            known.owners,
            tuple(doubt.removeprefix(f"{place.path}: ") for doubt in known.doubts),
        )
    except SyncbotError as error:
        return Seen(place.name, place.path, error=str(error))
