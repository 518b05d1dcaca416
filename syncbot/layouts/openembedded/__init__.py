"""openembedded: BitBake recipes and .bbappend files with the patches that SRC_URI names."""

from syncbot.layouts.openembedded.format import OpenembeddedFormat
from syncbot.layouts.openembedded.recipe import OpenembeddedRecipe

__all__ = ["OpenembeddedFormat", "OpenembeddedRecipe"]
