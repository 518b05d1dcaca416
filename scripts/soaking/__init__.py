"""The soak: many packages, several workers, releases arriving; workers killed and connections cut; nothing lost."""
