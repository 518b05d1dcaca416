"""Which modes exist: the trees alone, and the trees with upstream's history beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncbot.git.lineage import open_lineage
from syncbot.git.trees import resolve
from syncbot.judge import Lineage

if TYPE_CHECKING:
    from .storybook import Story

MODES = ("trees", "git")


def history_of(story: Story) -> Lineage:
    """Upstream's history between the two releases of the story, with its main branch as the head."""
    repository = story.repository
    base, target = (resolve(repository, story.releases[name]) for name in (story.base, story.target))
    cache = repository.parent / "history"
    return open_lineage(repository, cache, base, target, story.target, resolve(repository, "main"))
