"""The page of a commit: what an address tells, and what no address can talk it into."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbot.model.ids import CommitId
from syncbot.model.judgement import Evidence
from syncbot.model.verdicts import Action, Verdict
from syncbot.report.links import commit_link, with_links
from tests.report.values import judgement, series

ID = "1f0c" * 10


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("git:https://github.com/curl/curl.git", "https://github.com/curl/curl/commit/"),
        ("https://github.com/curl/curl", "https://github.com/curl/curl/commit/"),
        ("https://github.com/curl/curl/", "https://github.com/curl/curl/commit/"),
        ("git@github.com:curl/curl.git", "https://github.com/curl/curl/commit/"),
        ("ssh://git@github.com/curl/curl.git", "https://github.com/curl/curl/commit/"),
        ("git://github.com/curl/curl.git", "https://github.com/curl/curl/commit/"),
        ("https://secret@github.com/curl/curl.git", "https://github.com/curl/curl/commit/"),
        ("https://gitlab.com/group/sub/project.git", "https://gitlab.com/group/sub/project/-/commit/"),
        ("https://gitlab.gnome.org/GNOME/glib.git", "https://gitlab.gnome.org/GNOME/glib/-/commit/"),
        ("https://salsa.debian.org/debian/hello", "https://salsa.debian.org/debian/hello/-/commit/"),
        ("https://git.sr.ht/~someone/thing", "https://git.sr.ht/~someone/thing/commit/"),
        (
            "https://git.kernel.org/pub/scm/git/git.git",
            "https://git.kernel.org/pub/scm/git/git.git/commit/?id=",
        ),
        ("https://cgit.example.org/thing", "https://cgit.example.org/thing/commit/?id="),
        ("https://git.example.org/cgit/thing.git", "https://git.example.org/cgit/thing.git/commit/?id="),
        ("https://git.savannah.gnu.org/git/grep.git", "https://git.savannah.gnu.org/cgit/grep.git/commit/?id="),
        ("git://sourceware.org/git/glibc.git", "https://sourceware.org/git/?p=glibc.git;a=commit;h="),
        ("https://repo.or.cz/thing.git", "https://repo.or.cz/?p=thing.git;a=commit;h="),
        ("https://opendev.org/openstack/neutron", "https://opendev.org/openstack/neutron/commit/"),
        ("https://codeberg.org/someone/thing.git", "https://codeberg.org/someone/thing/commit/"),
        ("https://gitea.example.org/someone/thing.git", "https://gitea.example.org/someone/thing/commit/"),
        ("https://chromium.googlesource.com/a/b.git", "https://chromium.googlesource.com/a/b/+/"),
    ],
)
def test_forms_that_are_known(address: str, page: str) -> None:
    assert commit_link(address, ID) == page + ID


@pytest.mark.parametrize(
    "address",
    [
        "",
        "pypi:requests",
        "npm:left-pad",
        "git:/srv/mirrors/thing.git",
        "git:../thing",
        "file:///srv/thing.git",
        "https://example.org/thing.git",
        "https://github.com/curl",
        "https://github.com/a/b/c",
        "https://github.com/a/.git",
        "https://github.com:8443/curl/curl",
        "https://github.com/curl/../curl",
        "https://github.com/curl/curl?x=1",
        "https://github.com/curl/curl#x",
        "https://github.com/cu rl/curl",
        'https://github.com/curl/cu"onclick=x',
        "https://github.com/curl/<script>",
        "https://github.com/curl/curl)](https://evil.example",
        "https://github.com@evil.example/curl/curl",
        "https://github.com.evil.example/curl/curl",
        "https://evilgithub.com/curl/curl",
        "https://gitlab./a/b",
        "https://gitlab.exa mple/a/b",
        "https://[::1]/a/b",
        "https://github.com\u202e/a/b",
        "javascript://github.com/a/b",
        "ext::sh -c true",
        "git@github.com:/curl/curl",
        "git@github.com:a/$(id)",
        "https://git.sr.ht/someone/thing",
        "https://git.savannah.gnu.org/elsewhere/grep.git",
    ],
)
def test_no_link_is_made_up(address: str) -> None:
    assert commit_link(address, ID) == ""


@pytest.mark.parametrize("commit", ["", "1f0c", "z" * 40, ID.upper(), ID + "\n", f"{ID}/../x"])
def test_only_a_whole_commit_id_is_linked(commit: str) -> None:
    assert commit_link("https://github.com/curl/curl", commit) == ""


@given(st.text(max_size=60), st.sampled_from(["https://github.com/", "https://gitlab.", "git@git.sr.ht:", "https://"]))
def test_whatever_the_address_a_link_is_plain_and_stays_on_its_host(text: str, start: str) -> None:
    found = commit_link(start + text, ID)
    if found:
        url = urlsplit(found)
        assert found.isascii()
        assert not set(found) & set(" \"'<>()[]`\\|@\n\t")
        assert (url.scheme, url.username, url.port) == ("https", None, None)
        assert ID in found


def test_evidence_that_names_a_commit_gets_its_page_and_other_evidence_none() -> None:
    facts = (Evidence("absorbed", "upstream's commit", CommitId(ID)), Evidence("text", "no commit"))
    judged = series(replace(judgement("a.patch", Verdict.OBSOLETE, Action.DROP), evidence=facts))
    [patch] = with_links(judged, "git:https://github.com/curl/curl").patches
    assert [e.link for e in patch.evidence] == [f"https://github.com/curl/curl/commit/{ID}", ""]
    assert with_links(judged, "pypi:curl") == judged
