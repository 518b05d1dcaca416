"""Whether what a patch adds stands on the wrong side of the line beside it: order is the point of a check."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from syncbot.diff.lines import Change
from syncbot.judge.commits_kin import imports
from syncbot.judge.texts import Texts


def crossed(texts: Texts, change: Change, there: Mapping[int, int], added: Collection[bytes]) -> bool:
    """Whether lines that it adds stand in the release on the other side of the nearest telling line above or below them
    that the patch leaves alone: a check behind what it checks. So they do where the release has a further copy of the
    line below in front of them: that one goes unchecked. Of imports the order is no matter."""
    wanted = texts.brought(change, added)
    found = [
        there[i]
        for i in range(change.b0, change.b1)
        if i in there and texts.na[i] in wanted and texts.says(texts.na[i]) and not imports(texts.a[i])
    ]
    if not found:
        return False
    above = _left_alone(texts, range(change.a0 - 1, -1, -1))
    below = _left_alone(texts, range(change.a1, len(texts.nb)))
    up = -1 if above is None else texts.b_to_t.get(above, -1)
    down = len(texts.t) if below is None else texts.b_to_t.get(below, len(texts.t))
    if min(found) < up or max(found) > down:
        return True
    if below is None or not texts.is_new(texts.nb[below]):
        return False
    return texts.nb[below] in texts.nt[texts.window(change)[0] : min(found)]


def _left_alone(texts: Texts, lines: range) -> int | None:
    """The first of these lines that does something and that the patch neither takes out nor writes anew."""
    return next((i for i in lines if texts.says(texts.nb[i]) and not any(c.a0 <= i < c.a1 for c in texts.own)), None)
