"""Addresses: what is taken, what is refused, and what people get to see of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbot.errors import HostileInput, InputError
from syncbot.model.addresses import check, is_path, parse, rewrite, scrubbed, shown
from syncbot.model.releases import Upstream


@pytest.mark.parametrize(
    ("text", "scheme", "location"),
    [
        ("pypi:some-project", "pypi", "some-project"),
        ("npm:left", "npm", "left"),
        ("npm:@scope/name", "npm", "@scope/name"),
        ("git:https://host.example/x", "git", "https://host.example/x"),
        ("git:/srv/git/x.git", "git", "/srv/git/x.git"),
        ("git:../x", "git", "../x"),
        ("git:file:///srv/x", "git", "file:///srv/x"),
        ("git:ssh://git@host.example/x", "git", "ssh://git@host.example/x"),
        ("git:git@host.example:team/x.git", "git", "git@host.example:team/x.git"),
        ("https://host.example/x.git", "git", "https://host.example/x.git"),
        ("git://host.example/x.git", "git", "git://host.example/x.git"),
        ("git@host.example:team/x.git", "git", "git@host.example:team/x.git"),
        ("  pypi:x  ", "pypi", "x"),
    ],
)
def test_an_address_names_its_source(text: str, scheme: str, location: str) -> None:
    assert parse(text) == Upstream(scheme, location)


@pytest.mark.parametrize(
    "text",
    [
        "git:--upload-pack=touch /tmp/x",
        "-oProxyCommand=x",
        "git:ext::sh -c id",
        "ext::sh -c id",
        "git:fd::17",
        "git:::x",
        "git:ftp://host.example/x",
        "git:ssh://-oProxyCommand=x/y",
        "git:ssh://-user@host.example/y",
        "git:-oProxyCommand=x@host:y",
        "git:user@-host:y",
        "git:https:///x",
        "git:https://host:notaport/x",
        "git:https://host.example/x\ny",
        "pypi:../x",
        "pypi:-r",
        "pypi:a/b",
        "pypi:",
        "npm:../x",
        "npm:@scope/../x",
        "npm:@scope",
        "npm:a/b",
        "npm:--x",
        "npm:.x",
        "npm:" + "a" * 300,
    ],
)
def test_an_address_that_tries_something_is_refused(text: str) -> None:
    with pytest.raises(HostileInput):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "git:https://user:s3cr3t@host.example/x.git",
        "https://user:s3cr3t@host.example/x.git",
        "git:ssh://git:s3cr3t@host.example/x",
        "git:https://:s3cr3t@host.example/x",
        "git:user:s3cr3t@host.example:team/x",
    ],
)
def test_an_address_that_holds_a_password_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(InputError, match=r"holds a password; use git's credential helper or ~/\.netrc") as caught:
        parse(text)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("text", ["requests", "", "svn", "git:"])
def test_what_is_no_address_is_said_to_be_none_with_the_remedy(text: str) -> None:
    with pytest.raises(InputError, match="write "):
        parse(text)


def test_an_unknown_scheme_is_no_upstream() -> None:
    with pytest.raises(InputError, match="unknown upstream scheme 'svn'"):
        check(Upstream("svn", "x"))


@pytest.mark.parametrize(
    ("location", "path"),
    [("/srv/x", True), ("../x", True), ("a/b:c", True), ("host:x", False), ("https://host.example/x", False)],
)
def test_a_path_is_told_from_a_url(location: str, path: bool) -> None:
    assert is_path(location) is path


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("https://user:secret@host.example/x.git", "https://host.example/x.git"),
        ("https://secret@host.example:8443/x", "https://host.example:8443/x"),
        ("https://host.example/x?private_token=secret#secret", "https://host.example/x"),
        ("git:https://u:secret@host.example/x", "git:https://host.example/x"),
        ("ssh://git:secret@host.example/x", "ssh://git@host.example/x"),
        ("git@host.example:team/x", "git@host.example:team/x"),
        ("user:secret@host.example:team/x", "user@host.example:team/x"),
        ("https://u:sec/ret@host.example/x", "https://host.example/x"),
        ("https://u:sec?ret@host.example/x", "https://host.example/x"),
        ("http://localhost:4873/@scope%2fname", "http://localhost:4873/@scope%2fname"),
        ("/srv/x", "/srv/x"),
        ("pypi:x", "pypi:x"),
    ],
)
def test_people_see_an_address_without_what_is_secret(address: str, seen: str) -> None:
    assert shown(address) == seen


@given(
    st.text("abcXYZ019-._~!$&'()*+,;=%", min_size=1, max_size=12),
    st.sampled_from(["https", "http"]),
    st.sampled_from(["cannot reach {}: no", "fatal: '{}/' not found", "see {}, now", "<{}>"]),
)
def test_no_password_survives_scrubbing(user: str, scheme: str, sentence: str) -> None:
    text = sentence.format(f"{scheme}://{user}:s3cr3t-w0rd@host.example/x?token=s3cr3t-w0rd")
    assert "s3cr3t-w0rd" not in scrubbed(text)
    assert "host.example" in scrubbed(text)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer s3cr3t",
        "password=s3cr3t",
        "url is host.example/x?access_token=s3cr3t&x=1",
        "u:s3cr3t@host.example",
        "_authToken=s3cr3t",
    ],
)
def test_what_follows_the_name_of_a_secret_is_struck_out(text: str) -> None:
    assert "s3cr3t" not in scrubbed(text)


def test_plain_sentences_stay_as_they_are() -> None:
    text = "could not read 12:30 from /srv/x.git at a@b, see line 4"
    assert scrubbed(text) == text


@pytest.mark.parametrize(
    ("rules", "result"),
    [
        ([], "https://host.example/a/b"),
        ([("https://host.example/", "/mirror/")], "/mirror/a/b"),
        ([("https://host.example/", "/m/"), ("https://host.example/a/", "/n/")], "/n/b"),
        ([("https://host.example/a/", "/n/"), ("https://host.example/", "/m/")], "/n/b"),
        ([("https://other.example/", "/m/"), ("", "/all/")], "https://host.example/a/b"),
    ],
)
def test_the_longest_prefix_is_rewritten(rules: list[tuple[str, str]], result: str) -> None:
    assert rewrite("https://host.example/a/b", rules) == result
