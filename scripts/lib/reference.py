"""Generate the parts of the documentation that the program knows.

They stand between `<!-- begin NAME -->` and `<!-- end NAME -->`; what is around them is written by people.
"""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from syncbot.cli import cli as program
from syncbot.errors import Exit
from syncbot.layouts.manifest import KEYS as PACKAGE_KEYS
from syncbot.model.verdicts import Fit, Verdict
from syncbot.report.results import Outcome
from syncbot.settings import ENVIRONMENT, SETTINGS

ROOT = Path(__file__).parents[2]
QUICKSTART = "<!-- begin quickstart -->\n.*?<!-- end quickstart -->"
DOCUMENTS = ("README.md", ".github/REFERENCE.md")

EXITS = {
    Exit.DONE: "The work was done, also when a person is needed or one package failed and was reported.",
    Exit.PERSON: "With `--exit-code`: something needs a person. Of `reproduce`: something came out otherwise.",
    Exit.INPUT: "Usage, settings or input that cannot be read, or output that cannot be written.",
    Exit.FAULT: "Our fault.",
    Exit.UNREACHABLE: "Every upstream or the forge was out of reach.",
}


def table(*rows: tuple[str, ...]) -> str:
    head, *body = (" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows)
    rule = "|".join("---" for _ in rows[0])
    return "\n".join([f"| {head} |", f"|{rule}|", *(f"| {row} |" for row in body)])


def code(text: str) -> str:
    return f"`{text}`"


def leaves(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, groups before their members, in the order of --help."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=name)
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None and not found.hidden:
                yield from leaves(found, f"{name} {child}")


def commands() -> str:
    return "\n\n".join(_command(name, command) for name, command in leaves(program, "syncbot"))


def _command(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    parts = [f"### {code(name)}", f"    {usage}", _prose(command.help or "")]
    rows = [
        _option(option, context) for option in command.params if isinstance(option, click.Option) and not option.hidden
    ]
    if rows:
        parts.append(table(("option", "meaning"), *rows))
    return "\n\n".join(part for part in parts if part)


def _option(option: click.Option, context: click.Context) -> tuple[str, str]:
    record = option.get_help_record(context)
    assert record is not None, f"{context.info_name} {option.name} is hidden"
    return ", ".join(code(part.strip()) for part in re.split(r", | / ", record[0])), record[1]


def _prose(text: str) -> str:
    """A docstring's paragraphs, each on one line; those after click's \\b keep their lines, as code."""
    text = "\n".join(line.rstrip() for line in text.expandtabs().strip().splitlines())
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text):
        lines = paragraph.splitlines()
        if lines and lines[0].strip() == "\b":
            paragraphs.append(textwrap.indent(textwrap.dedent("\n".join(lines[1:])), "    "))
        else:
            paragraphs.append(" ".join(line.strip() for line in lines))
    return "\n\n".join(paragraphs)


def settings() -> str:
    rows = [(code(s.name), s.type, _shown(s.default), s.sentence) for s in SETTINGS]
    return table(("setting", "type", "default", "meaning"), *rows)


def package_keys() -> str:
    rows = [(code(key.name), key.kind.name, _shown(key.shown), key.sentence) for key in PACKAGE_KEYS]
    return table(("key", "type", "default", "meaning"), *rows)


def environment() -> str:
    rows = [(code(s.name), s.type, s.default, s.sentence) for s in ENVIRONMENT]
    return table(("variable", "type", "default", "meaning"), *rows)


def _shown(default: str) -> str:
    return code(default) if re.fullmatch(r'".*"|\d+|true|false', default) else default


def exit_codes() -> str:
    return table(("code", "meaning"), *((code(str(int(e))), EXITS[e]) for e in Exit))


def outcomes() -> str:
    return table(("outcome", "meaning"), *((code(o.value), o.sentence) for o in Outcome))


def verdicts() -> str:
    return table(("verdict", "meaning"), *((code(v.value), v.sentence) for v in Verdict))


def fits() -> str:
    return table(("fit", "meaning"), *((code(f.value), f.sentence.capitalize() + ".") for f in Fit))


EXAMPLE = "judge --base tests/data/readme/base --target tests/data/readme/target --patches tests/data/readme/patches"


def example() -> str:
    """What the README's example prints: run it."""
    command = [sys.executable, "-m", "syncbot", *EXAMPLE.split()]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return f"```console\n$ .venv/bin/syncbot {EXAMPLE}\n{printed}```"


SECTIONS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "example": example,
    "settings": settings,
    "package keys": package_keys,
    "environment": environment,
    "exit codes": exit_codes,
    "outcomes": outcomes,
    "verdicts": verdicts,
    "fits": fits,
}


def generated(text: str) -> str:
    """The document with each section written anew. A marker that names no section is an error."""

    def section(match: re.Match[str]) -> str:
        if match[1] == "quickstart":
            return match[0]
        return f"<!-- begin {match[1]} -->\n\n{SECTIONS[match[1]]()}\n\n<!-- end {match[1]} -->"

    return re.sub(r"<!-- begin ([a-z ]+) -->\n.*?<!-- end \1 -->", section, text, flags=re.DOTALL)


def with_quickstart(readme: str, printed: str) -> str:
    """The README with what the quickstart printed, which only a network can tell."""
    block = f"<!-- begin quickstart -->\n\n```text\n{printed.strip()}\n```\n\n<!-- end quickstart -->"
    return re.sub(QUICKSTART, lambda _: block, readme, flags=re.DOTALL)


def main() -> int:
    if sys.argv[1:] == ["--quickstart"]:
        readme = ROOT / "README.md"
        readme.write_text(with_quickstart(readme.read_text(encoding="utf-8"), sys.stdin.read()), encoding="utf-8")
        return 0
    stale = []
    for name in DOCUMENTS:
        path = ROOT / name
        before = path.read_text(encoding="utf-8")
        after = generated(before)
        if before != after:
            stale.append(name)
            if "--check" not in sys.argv[1:]:
                path.write_text(after, encoding="utf-8")
    for name in stale:
        print(f"{name} {'is not current: run scripts/reference' if '--check' in sys.argv[1:] else 'renewed'}")
    return int(bool(stale) and "--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
