"""The few words that forge adapters share beside those of `report.aside`."""

NEXT = "-next"
"""Ends the name of the branch that takes a new version which people's commits do not go with."""
AWAY = '{"to": null}'
"""What a rehearsed push says of a branch that goes."""
TAKEN = "the downstream branch has all of it, by other commits"
"""The note of a proposal that was squashed, rebased or applied from its mail."""
TAKEN_BESIDE = "the downstream branch has its new version, which stood on a branch beside"
