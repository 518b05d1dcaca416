"""Where proposals are shown and answered, each forge behind `syncbot.ports.Forge`."""
