"""The Protocols between the services and the edges. No code, no concrete adapter."""

from syncbot.ports.clock import Clock
from syncbot.ports.downstream import Downstream
from syncbot.ports.forge import Board, Checks, Forge, Pace, Proposals, Talk
from syncbot.ports.layout import Layout, PackagesRead, Problem
from syncbot.ports.source import Progress, Source
from syncbot.ports.store import Store

__all__ = [
    "Board",
    "Checks",
    "Clock",
    "Downstream",
    "Forge",
    "Layout",
    "Pace",
    "PackagesRead",
    "Problem",
    "Progress",
    "Proposals",
    "Source",
    "Store",
    "Talk",
]
