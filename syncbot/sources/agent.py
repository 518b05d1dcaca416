"""Who we are, to every host that is asked."""

from __future__ import annotations

from syncbot import __version__


def agent(contact: str = "") -> str:
    """The program, its version, and where its user can be reached."""
    return f"syncbot/{__version__}" + (f" (+{contact})" if contact else "")
