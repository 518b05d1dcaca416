"""dist-git: an RPM spec file with its patches beside it."""

from syncbot.layouts.dist_git.recipe import DistGitFormat, DistGitRecipe

__all__ = ["DistGitFormat", "DistGitRecipe"]
