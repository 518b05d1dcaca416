"""`syncbot attest`."""

from __future__ import annotations

from pathlib import Path

import click

from syncbot.cli import shared


@click.command("attest")
@shared.packages_argument
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Sign with this private key (PEM: Ed25519, ECDSA or RSA). Default: unsigned, for cosign.",
)
@shared.json_option
@click.pass_context
def command(context: click.Context, packages: tuple[str, ...], *, key: Path | None, as_json: bool) -> None:
    """in-toto statements about the decisions on the patches of PKG..., or of all packages: inputs by digest, verdict,
    evidence, the judge's version. One line of JSON each; with --key a DSSE envelope each.

    The decisions are those that stand and the drops that became final. Statements are the same bytes for the same
    state; private packages are left out.

    \b
    Example:
      syncbot attest zlib
      syncbot attest --key signing.pem > decisions.jsonl
    """
    import syncbot
    from syncbot.report import attestations, problems
    from syncbot.services.supply import supplied

    with shared.opened(context.obj, reading=True) as workspace:
        found, unread = supplied(workspace, packages)
    shared.complaints(problems.told(unread))
    made = [one for package in found for one in attestations.statements(package, syncbot.__version__)]
    if key is not None:
        from syncbot.wiring.signing import signer

        sign, keyid = signer(key)
        made = [attestations.envelope(one, sign, keyid) for one in made]
    if as_json:
        shared.document({"schema": "syncbot.attest/1", "signed": key is not None, "statements": made})
    else:
        shared.lines(attestations.payload(one).decode("ascii") for one in made)
    shared.leave(context, len(found), unread)
