"""in-toto statements about decisions, and their DSSE envelopes. Pure; whoever has a key signs.

Formats: in-toto Attestation Framework, Statement v1; DSSE v1.0.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from syncbot.report import documents

if TYPE_CHECKING:
    from syncbot.model.judgement import Judgement
    from syncbot.model.measures import Entered
    from syncbot.model.releases import Release
    from syncbot.report.supply import Document, Supplied

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:syncbot:predicate:decision:1"
PAYLOAD = "application/vnd.in-toto+json"

Sign = Callable[[bytes], bytes]


def statements(one: Supplied, program: str) -> Iterator[Document]:
    """A statement for each decision: those that stand, in the order of the series, where their inputs were recorded,
    and the drops, the newest first. `program`: syncbot's version."""
    if one.judged is not None and one.inputs is not None:
        digests = {entry.name: entry.digest for entry in one.inputs.series}
        inputs: Document = {
            "key": one.inputs.key,
            "base": _release(one.judged.base),
            "target": _release(one.judged.target),
            "head": one.inputs.head or None,
            "series": [_entered(each) for each in one.inputs.series],
        }
        if one.inputs.advice:
            inputs["advisories"] = {"sha256": one.inputs.advice}
        for judged in one.judged.judgement.patches:
            if judged.name in digests:
                at = one.judged.at.isoformat()
                yield _statement(one, (judged, digests[judged.name]), inputs, one.inputs.judge, at, program)
    for drop in one.drops:
        kept: Document = {"base": _release(drop.base), "target": _release(drop.target)}
        digest = hashlib.sha256(drop.content).hexdigest()
        made = _statement(one, (drop.judgement, digest), kept, None, None, program)
        made["predicate"]["dropped_at"] = drop.at.isoformat()
        yield made


def _statement(
    one: Supplied,
    judged: tuple[Judgement, str],
    inputs: Document,
    rules: str | None,
    at: str | None,
    program: str,
) -> Document:
    """`judged`: the decision and the digest of the patch's text; `rules`: the judge's version. What was not recorded of
    `inputs` is null."""
    said, digest = judged
    return {
        "_type": STATEMENT,
        "subject": [{"name": f"{one.package.path}/{said.name}", "digest": {"sha256": digest}}],
        "predicateType": PREDICATE,
        "predicate": {
            "schema": "syncbot.decision/1",
            "package": one.package.name,
            "purl": one.purl,
            "judge": {"program": f"syncbot {program}", "rules": rules},
            "inputs": {"key": None, "base": None, "target": None, "head": None, "series": None} | inputs,
            "judged_at": at,
            "dropped_at": None,
            "decision": decision(said),
        },
    }


def decision(judged: Judgement) -> Document:
    """What was decided of one patch, and why. A rewritten text stands as its digest."""
    said = documents.patch(judged)
    text = judged.refreshed
    return {
        **{key: value for key, value in said.items() if key not in ("refreshed", "compared")},
        "refreshed_digest": None if text is None else {"sha256": hashlib.sha256(text).hexdigest()},
    }


def _release(release: Release) -> Document:
    algorithm, colon, value = release.identity.partition(":")
    pinned = {algorithm: value} if colon else {"gitCommit": release.identity}
    return {"version": release.version, "name": release.name, "digest": pinned}


def _entered(entry: Entered) -> Document:
    return {
        "name": entry.name,
        "digest": {"sha256": entry.digest},
        "strip": entry.strip,
        "keep": entry.keep,
        "waiting": entry.waiting,
    }


def payload(statement: Document) -> bytes:
    """The statement's bytes: the same for the same statement."""
    return json.dumps(statement, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode("ascii")


def pre_authentication(body: bytes) -> bytes:
    """What DSSE signs."""
    kind = PAYLOAD.encode("ascii")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)


def envelope(statement: Document, sign: Sign, keyid: str) -> Document:
    """A signed statement."""
    body = payload(statement)
    signature = base64.b64encode(sign(pre_authentication(body))).decode("ascii")
    return {
        "payload": base64.b64encode(body).decode("ascii"),
        "payloadType": PAYLOAD,
        "signatures": [{"keyid": keyid, "sig": signature}],
    }


def differences(recorded: Judgement, now: Judgement) -> list[tuple[str, str, str]]:
    """[(what, as it was recorded, as it is now)] where two decisions about a patch differ."""
    one, other = decision(recorded), decision(now)
    return [(key, _short(one[key]), _short(other[key])) for key in one if one[key] != other[key]]


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


_LONGEST = 160
