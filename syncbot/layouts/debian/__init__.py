"""Debian source packages: `debian/patches/series`, `debian/changelog`, `debian/watch`, `debian/upstream/metadata`."""

from syncbot.layouts.debian.format import DebianFormat

__all__ = ["DebianFormat"]
