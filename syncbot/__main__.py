"""`python -m syncbot`."""

from syncbot.cli import main

if __name__ == "__main__":
    main()
