"""syncbot: tracks downstream patches against upstream releases and keeps the delta minimal."""

__version__ = "0.1.0"
