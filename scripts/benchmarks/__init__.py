"""How the project is measured: on generated histories, or on cases with known answers. See `scripts/bench`."""
