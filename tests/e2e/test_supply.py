"""Supply-chain documents end to end: valid by the official schema, reproducible, and no claim taken for a proof."""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.e2e.world import A, B, World, diff, git, numbered

CVE = "CVE-2024-12345"
HOLE = diff("b.c", B, numbered("b", l20="twenty"), f"Subject: fix {CVE} in b\n\n")
TEN = diff("a.c", A, numbered("a", l10="ten"), "Subject: ten\nAuthor: caf\udce9\n\n".replace("\udce9", "é"))


@pytest.fixture
def carried(world: World) -> World:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", 'owners = ["ann"]\n', ten=TEN, hole=HOLE)
    world.workspace.package("secret", f"git:{world.upstream.path}", "1.0", "private = true\n", embargo=HOLE)
    world.upstream.release("v1.1", c_c="new\n")
    world.upstream.commit("write ten out", a_c=numbered("a", l10="ten"))
    world.syncbot("sync")
    return world


def drop_the_fix(world: World, message: str) -> None:
    """Upstream takes the fix in a commit of this message, releases it, and the package moves there."""
    world.upstream.commit(message, b_c=numbered("b", l20="twenty"))
    world.upstream.release("v1.2")
    world.syncbot("sync")
    world.syncbot("proposals", "accept", "lib")


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def status(world: World, *options: str) -> dict[str, str]:
    found = world.syncbot("vex", *options).document["statements"]
    return {one["vulnerability"]["name"]: one["status"] for one in found}


def test_the_bill_of_materials_is_valid(carried: World) -> None:
    text = carried.syncbot("sbom").out
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    [component] = json.loads(text)["components"]
    assert (component["name"], component["version"]) == ("lib", "1.0")
    pedigree = component["pedigree"]
    assert pedigree["ancestors"][0]["version"] == "1.0"
    assert [commit["message"] for commit in pedigree["commits"]] == ["write ten out"]
    ten, hole = pedigree["patches"]
    assert base64.b64decode(hole["diff"]["text"]["content"]).decode() == HOLE
    assert [found["id"] for found in hole["resolves"]] == [CVE]
    assert "resolves" not in ten


def test_the_bill_of_what_was_never_checked_is_valid_too(world: World) -> None:
    text = world.syncbot("sbom").out
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert "timestamp" not in json.loads(text)["metadata"]


@pytest.mark.parametrize("command", ["sbom", "vex", "attest"])
def test_documents_are_the_same_bytes_and_name_nothing_private(carried: World, command: str) -> None:
    text = carried.syncbot(command).out
    assert text
    assert carried.syncbot(command).out == text
    carried.syncbot("sync")
    assert carried.syncbot(command).out == text, "an unchanged world"
    for word in ("secret", "embargo"):
        assert word not in text
        assert base64.b64encode(word.encode()).decode().strip("=") not in text


def test_a_vex_document_has_the_fields_of_openvex_and_no_others(carried: World) -> None:
    """The official schema forbids fields that it does not have; its words for what is said are a closed set."""
    document = carried.syncbot("vex").document
    assert set(document) == {"@context", "@id", "author", "timestamp", "version", "tooling", "statements"}
    [statement] = document["statements"]
    assert set(statement) == {"vulnerability", "products", "status", "status_notes", "timestamp"}
    assert statement["status"] in {"fixed", "under_investigation"}, "the other two ask for a reason that nobody gave"
    assert set(statement["vulnerability"]) <= {"name", "aliases", "description", "@id"}
    assert all(set(product) == {"@id", "identifiers"} for product in statement["products"])
    assert type(document["version"]) is int


def test_a_header_s_claim_is_no_proof(carried: World) -> None:
    document = carried.syncbot("vex").document
    [statement] = document["statements"]
    assert (statement["vulnerability"]["name"], statement["status"]) == (CVE, "under_investigation")
    assert "hole.patch claims to fix it; that is no proof" in statement["status_notes"]
    assert set(document) == {"@context", "@id", "author", "timestamp", "version", "tooling", "statements"}
    assert document["@context"] == "https://openvex.dev/ns/v0.2.0"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (f"b: {CVE}: twenty was wrong", "fixed"),
        (f"b: {CVE}6: another hole", "under_investigation"),
        ("b: twenty was wrong", "under_investigation"),
    ],
)
def test_a_traced_commit_s_word_counts(carried: World, message: str, expected: str) -> None:
    drop_the_fix(carried, message)
    drops = carried.syncbot("delta", "lib", "--json").document["packages"][0]["drops"]
    assert {drop["proof"] for drop in drops} <= {"proved", "traced"}
    assert all(drop["commit"] for drop in drops)
    assert status(carried) == {CVE: expected}


def osv(commit: str = "", fixed: str = "", url: str = "", aliases: tuple[str, ...] = (CVE,)) -> dict[str, Any]:
    ranges: list[Any] = []
    if commit:
        events = [{"introduced": "0"}, {"fixed": commit}]
        ranges.append({"type": "GIT", "repo": url, "events": events})
    if fixed:
        ranges.append({"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": fixed}]})
        ranges.append({"type": "GIT", "repo": url, "events": [{"introduced": "0"}, {"fixed": "f" * 40}]})
    made = {"id": "OSV-2024-1", "modified": "2024-01-01T00:00:00Z", "aliases": list(aliases)}
    return {**made, "affected": [{"ranges": ranges}]}


@pytest.mark.parametrize(("fixed", "expected"), [("1.0", "fixed"), ("0.9", "fixed"), ("1.1", "under_investigation")])
def test_an_advisory_s_word_counts(carried: World, tmp_path: Path, fixed: str, expected: str) -> None:
    folder = tmp_path / "osv"
    folder.mkdir()
    (folder / "one.json").write_text(json.dumps(osv(fixed=fixed, url=str(carried.upstream.path))))
    assert status(carried, "--osv", str(folder)) == {CVE: expected}
    assert status(carried, "--osv", str(folder / "one.json")) == {CVE: expected}


def test_an_advisory_names_the_commit_that_was_traced(carried: World, tmp_path: Path) -> None:
    drop_the_fix(carried, "b: twenty was wrong")
    commit = git(carried.upstream.path, "rev-parse", "v1.2~1")
    file = tmp_path / "one.json"
    file.write_text(json.dumps([osv(commit=commit, url=str(carried.upstream.path))]))
    assert status(carried, "--osv", str(file)) == {CVE: "fixed"}
    file.write_text(json.dumps([osv(commit=commit, url="https://example.org/other")]))
    assert status(carried, "--osv", str(file)) == {CVE: "under_investigation"}


def test_nothing_is_stated_where_no_patch_names_a_vulnerability(world: World) -> None:
    ran = world.syncbot("vex")
    assert (ran.code, ran.out) == (0, "")
    assert "no patch names a vulnerability" in ran.err


def test_each_decision_is_a_statement(carried: World) -> None:
    found = lines(carried.syncbot("attest", "lib").out)
    assert [one["subject"][0]["name"] for one in found] == ["patches/lib/ten.patch", "patches/lib/hole.patch"]
    ten = found[0]
    assert (ten["_type"], ten["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "urn:syncbot:predicate:decision:1",
    )
    assert ten["subject"][0]["digest"] == {"sha256": hashlib.sha256(TEN.encode()).hexdigest()}
    predicate = ten["predicate"]
    assert predicate["decision"]["verdict"] == "held"
    assert predicate["inputs"]["target"]["digest"] == {"gitCommit": git(carried.upstream.path, "rev-parse", "v1.1^{}")}
    assert predicate["inputs"]["head"] == git(carried.upstream.path, "rev-parse", "HEAD")
    assert [each["name"] for each in predicate["inputs"]["series"]] == ["ten.patch", "hole.patch"]
    document = carried.syncbot("attest", "lib", "--json").document
    assert (document["schema"], document["statements"]) == ("syncbot.attest/1", found)


def test_no_statement_is_made_of_a_patch_that_changed_since(carried: World) -> None:
    patch = carried.workspace.path / "patches/lib/ten.patch"
    patch.write_text(TEN.replace("Subject: ten", "Subject: 10"))
    assert carried.syncbot("attest", "lib").out == ""


def test_a_drop_is_a_decision(carried: World) -> None:
    drop_the_fix(carried, f"b: {CVE}: twenty was wrong")
    dropped = [one for one in lines(carried.syncbot("attest").out) if one["predicate"]["dropped_at"]]
    assert {one["subject"][0]["name"] for one in dropped} == {"patches/lib/ten.patch", "patches/lib/hole.patch"}
    assert {one["predicate"]["decision"]["action"] for one in dropped} == {"drop"}


def _pem(key: Any, path: Path) -> Path:
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return path


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_envelopes_are_signed_over_what_they_hold(carried: World, tmp_path: Path, kind: str) -> None:
    key: Any = {
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
    }[kind]()
    file = _pem(key, tmp_path / "key.pem")
    text = carried.syncbot("attest", "lib", "--key", str(file)).out
    assert carried.syncbot("attest", "lib", "--key", str(file)).out == text
    envelope = lines(text)[0]
    body = base64.b64decode(envelope["payload"])
    assert json.loads(body) == lines(carried.syncbot("attest", "lib").out)[0]
    kind_of = b"application/vnd.in-toto+json"
    signed = b"DSSEv1 " + b"%d " % len(kind_of) + kind_of + b" %d " % len(body) + body
    [signature] = envelope["signatures"]
    raw = base64.b64decode(signature["sig"])
    how = {"ed25519": (), "ecdsa": (ec.ECDSA(hashes.SHA256()),), "rsa": (padding.PKCS1v15(), hashes.SHA256())}[kind]
    key.public_key().verify(raw, signed, *how)


def test_a_key_that_is_none_is_told(carried: World, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nc2VjcmV0\n-----END-----\n")
    ran = carried.syncbot("attest", "--key", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert "holds no private key that can be used" in ran.err
    assert "c2VjcmV0" not in ran.err


def test_decisions_are_reproduced(carried: World) -> None:
    ran = carried.syncbot("reproduce")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "1 of 1 package reproduced.")
    document = carried.syncbot("reproduce", "--json").document
    assert document["reproduced"] is True
    assert [(one["package"], one["came_to"], one["patches"]) for one in document["packages"]] == [("lib", "same", 2)]


def test_what_differs_is_told_with_exit_code_1(carried: World) -> None:
    with sqlite3.connect(carried.workspace.path / "state/syncbot.db") as opened:
        lie = ('"verdict":"held"', '"verdict":"applies"')
        opened.execute("UPDATE judgement SET document = replace(document, ?, ?)", lie)
    ran = carried.syncbot("reproduce", "--json")
    assert (ran.code, ran.document["reproduced"]) == (1, False)
    [package] = ran.document["packages"]
    assert package["differences"] == [
        {"patch": "ten.patch", "what": "verdict", "recorded": '"applies"', "now": '"held"'}
    ]


def test_other_inputs_cannot_be_asked_again(carried: World) -> None:
    carried.upstream.commit("more", a_c=numbered("a", l10="ten", l30="thirty"))
    [package] = carried.syncbot("reproduce", "--json").document["packages"]
    assert (package["came_to"], [d["what"] for d in package["differences"]]) == ("changed", ["upstream's branch"])
    patch = carried.workspace.path / "patches/lib/ten.patch"
    patch.write_text(TEN.replace("Subject: ten", "Subject: 10"))
    ran = carried.syncbot("reproduce", "--json")
    assert ran.code == 1
    assert [d["what"] for d in ran.document["packages"][0]["differences"]] == ["its sha256"]


def test_a_decision_that_was_carried_out_stands_no_more(carried: World) -> None:
    drop_the_fix(carried, "b: twenty was wrong")
    assert carried.syncbot("reproduce").out.startswith("No decision stands: ")


def test_reproducing_writes_nothing(carried: World) -> None:
    before = carried.workspace.snapshot()
    carried.syncbot("reproduce")
    assert carried.workspace.snapshot() == before
