"""Bytes to files and hunks; placing hunks; three-way merge; writing patches. Pure."""
