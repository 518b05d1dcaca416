"""Which layout a repository has."""

from __future__ import annotations

from dataclasses import dataclass

from syncbot.layouts.formats import FORMATS, open_format
from syncbot.layouts.reading import MANIFEST, SERIES
from syncbot.layouts.recipe import Place
from syncbot.model.trees import Tree

NATIVE = "native"
_MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A layout that a repository may have, with the packages that it would have then."""

    name: str
    places: tuple[Place, ...]


def is_native(tree: Tree, folder: str) -> bool:
    """Whether there is a package of our own below `folder`."""
    prefix = f"{folder}/"
    found = (path.removeprefix(prefix).split("/") for path in tree.paths() if path.startswith(prefix))
    return any(len(parts) == 2 and parts[1] in (MANIFEST, SERIES) for parts in found)


def recognise(tree: Tree, folder: str, patches: str = "patches") -> tuple[Recognised, ...]:
    """The layouts that the repository may have, likeliest first: our own; else the one whose recipe lies nearest to the
    root, then the one with the most packages. `patches`: where our own would lie."""
    if is_native(tree, patches):
        return (Recognised(NATIVE, ()),)
    found = []
    for order, name in enumerate(FORMATS):
        places = tuple(open_format(name).find(tree, folder))
        if places:
            depth = min(place.path.count("/") for place in places)
            found.append((depth > 0, -len(places), order, Recognised(name, places)))
    likely = [entry[-1] for entry in sorted(found, key=lambda entry: entry[:-1])]
    if len(likely) > 1:  # patches of any packaging may be mail
        likely = [one for one in likely if one.name != _MAIL]
    return tuple(likely)
