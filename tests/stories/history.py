"""Which modes exist. Today the judge has trees alone: `history_of` is the one function to fill when it has more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .storybook import Story

MODES = ("trees",)
"""The modes that every story runs in. Add "git" here together with `history_of`: the stories' tables hold what both
modes must say already, and nothing else needs a change."""


def history_of(story: Story) -> Any:
    """Upstream's history for judge_series. `story.repository` is the path of upstream's bare git repository with all
    branches and tags, `story.base` and `story.target` name the releases, `story.releases` lists all in order."""
    raise NotImplementedError(f"MODES has git, and nobody makes the history of {story.repository}")
