"""apkbuild: an Alpine APKBUILD with its patches beside it."""

from syncbot.layouts.apkbuild.recipe import ApkbuildFormat, ApkbuildRecipe

__all__ = ["ApkbuildFormat", "ApkbuildRecipe"]
