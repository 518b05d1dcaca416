"""For which proposals people were asked already: one empty file each."""

from __future__ import annotations

from pathlib import Path

from syncbot.forges.files import unusable, write_whole


class Asked:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, number: str) -> bool:
        try:
            return (self._folder / number).exists()
        except OSError as error:
            raise unusable(self._folder, error) from error

    def add(self, number: str) -> None:
        write_whole(self._folder / number, b"")
