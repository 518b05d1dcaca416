"""Frozen values, without behaviour that touches the world. Nothing here opens a file, a socket or a clock."""
