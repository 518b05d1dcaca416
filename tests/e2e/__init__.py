"""Whole stories: real git upstreams, a real workspace, the real program."""
