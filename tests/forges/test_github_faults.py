"""What GitHub, the network and other people may do in the middle of it, and what comes of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from werkzeug import Request, Response

from syncbot.errors import ForgeBusy, ForgeError, ForgeRefused, HostileInput, InputError
from syncbot.forges.github_auth import Installation, Token
from syncbot.model.forge import Check, CheckState
from syncbot.model.proposals import ProposalRecord

from .github_world import BRANCH, GitHubWorld
from .hub.emulate import APP
from .world import LATER, NOON

OPENED = ["PUSH refs/heads/syncbot/lib/stable", "POST /pulls"]
Answer = Callable[[Request, Callable[[], Response]], Response | None]


@dataclass
class Fault:
    """One fault, for the first `times` requests of a method to a path's end."""

    method: str
    end: str
    answer: Answer
    times: int = 1
    met: int = 0

    def __call__(self, request: Request, do: Callable[[], Response]) -> Response | None:
        if request.method == self.method and request.path.endswith(self.end) and self.met < self.times:
            self.met += 1
            return self.answer(request, do)
        return None


def status(code: int, message: str = "", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, do: Response(json.dumps({"message": message}), code, named)


def after(answer: Answer) -> Answer:
    """What was asked takes effect, and then this is answered."""

    def act(request: Request, do: Callable[[], Response]) -> Response | None:
        do()
        return answer(request, do)

    return act


def hang(request: Request, do: Callable[[], Response]) -> Response:
    time.sleep(2.5)
    return Response("{}", 200)


def reset(request: Request, do: Callable[[], Response]) -> Response:
    def torn() -> Iterator[bytes]:
        yield b'{"half'
        raise ConnectionResetError

    return Response(torn(), 200, {"Content-Length": "1000"})


def met(hub: GitHubWorld, *faults: Fault) -> tuple[ProposalRecord, list[str]]:
    """Propose, and meet all faults; gives what came of it and what was written."""
    hub.gate.faults[:] = faults
    made: list[ProposalRecord] = []
    wrote = hub.writes(lambda: made.append(hub.forge.propose(hub.proposal(labels=("syncbot",)), NOON)))
    assert [fault.met for fault in faults] == [fault.times for fault in faults]
    return made[0], wrote


def as_it_should_be(hub: GitHubWorld, record: ProposalRecord) -> None:
    """One pull request, complete, and nothing more to write."""
    hub.gate.faults.clear()
    (pull,) = hub.gate.pulls(hub.repository)
    assert (str(pull["number"]), pull["state"], [label["name"] for label in pull["labels"]]) == (
        record.id, "open", ["syncbot"],
    )  # fmt: skip
    assert hub.forge.list() == [record]
    assert hub.writes(lambda: hub.forge.propose(hub.proposal(labels=("syncbot",)), LATER)) == []


SOON = {"retry_after": "7"}
LIMITS: list[tuple[str, Answer, float]] = [
    ("403 with Retry-After", status(403, "You have exceeded a secondary rate limit", **SOON), 7),
    ("429 with Retry-After", status(429, "", **SOON), 7),
    ("429 without", status(429, ""), 60),
    ("403 secondary without", status(403, "You have exceeded a secondary rate limit. Please wait"), 60),
    (
        "403 nothing remains",
        status(403, "API rate limit exceeded", x_ratelimit_remaining="0", x_ratelimit_reset="1"),
        1,
    ),
]


@pytest.mark.parametrize(
    ("where", "answer", "wait"),
    [(("POST", "/pulls"), *row[1:]) for row in LIMITS] + [(("GET", "/pulls"), *LIMITS[0][1:])],
    ids=[*(row[0] for row in LIMITS), "403 for a read"],
)
def test_a_limit_is_waited_for(hub: GitHubWorld, where: tuple[str, str], answer: Answer, wait: float) -> None:
    record, wrote = met(hub, Fault(*where, answer))
    assert hub.slept == [wait]
    assert wrote == [*OPENED, "POST /issues/1/labels"]
    as_it_should_be(hub, record)


def test_a_limit_that_comes_again_is_waited_for_longer(hub: GitHubWorld) -> None:
    record, _wrote = met(hub, Fault("POST", "/pulls", status(429), times=2))
    assert hub.slept == [60, 120]
    as_it_should_be(hub, record)


@pytest.mark.parametrize("said", ["seconds", "date", "reset"])
def test_a_long_limit_ends_the_run_and_is_not_asked_again(hub: GitHubWorld, said: str) -> None:
    now = datetime.now(UTC)
    headers = {
        "seconds": {"retry_after": "3600"},
        "date": {"retry_after": format_datetime(now + timedelta(hours=1), usegmt=True)},
        "reset": {"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(now.timestamp()) + 3600)},
    }[said]
    forge = hub.forge
    hub.gate.faults[:] = [Fault("POST", "/pulls", status(403, "rate limit", **headers))]
    with pytest.raises(ForgeBusy, match=r"asks for a pause of 3[56]..+ seconds .*; the next run goes on") as caught:
        forge.propose(hub.proposal(labels=("syncbot",)), NOON)
    assert 3500 < caught.value.wait <= 3602
    before = len(hub.gate.seen)
    with pytest.raises(ForgeBusy):
        forge.comment("1", "x", NOON)
    assert (len(hub.gate.seen), hub.slept) == (before, [])
    as_it_should_be(hub, hub.forge.propose(hub.proposal(labels=("syncbot",)), LATER))


CREATE, LABEL, READ = ("POST", "/pulls"), ("POST", "/labels"), ("GET", "/issues")
TROUBLE: dict[str, tuple[tuple[str, str], Answer]] = {
    "502 before": (CREATE, status(502)),
    "502 after": (CREATE, after(status(502))),
    "500 after": (CREATE, after(status(500))),
    "timeout before": (CREATE, hang),
    "timeout after": (CREATE, after(hang)),
    "reset after": (CREATE, after(reset)),
    "label 502 after": (LABEL, after(status(502))),
    "read reset": (READ, reset),
}


@pytest.mark.parametrize("what", TROUBLE)
def test_trouble_is_tried_again_and_doubles_nothing(hub: GitHubWorld, what: str) -> None:
    where, answer = TROUBLE[what]
    hub.timeout = 2.0 if "timeout" in what else None
    record, wrote = met(hub, Fault(*where, answer))
    assert wrote.count("POST /pulls") == 1  # also where the answer was lost: it was looked up
    assert hub.slept == [2]
    as_it_should_be(hub, record)


def test_a_comment_and_an_issue_whose_answers_are_lost_are_not_doubled(hub: GitHubWorld) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    hub.gate.faults[:] = [Fault("POST", "/comments", after(status(502))), Fault("POST", "/issues", after(status(502)))]
    said = hub.forge.comment("1", "Done.", LATER)
    made = hub.forge.open_issue("Dashboard", "marker", [], LATER)
    assert hub.forge.comments("1") == [said]
    assert hub.forge.find_issue("marker") == made
    assert made.id == "2"


def test_trouble_that_stays_is_told(hub: GitHubWorld) -> None:
    hub.gate.faults[:] = [Fault("POST", "/pulls", status(503), times=99)]
    with pytest.raises(ForgeError, match=r"the forge is in trouble \(status 503 for POST .*/pulls\); try later"):
        hub.forge.propose(hub.proposal(), NOON)
    assert hub.slept == [2, 4, 8]
    hub.gate.faults.clear()
    assert hub.writes(lambda: hub.forge.propose(hub.proposal(), LATER)) == ["POST /pulls"]


def test_a_double_that_the_list_did_not_show_yet_is_found(hub: GitHubWorld) -> None:
    """GitHub's lists lag: the create is refused (422), and what is there is taken."""
    proposal = hub.proposal(labels=("syncbot",))
    hub.forge.propose(proposal, NOON)
    old = lambda request, do: Response("[]", 200)  # noqa: E731
    hub.gate.faults[:] = [Fault("GET", "/issues", old), Fault("GET", "/pulls", old)]
    record = hub.forge.propose(proposal, NOON)
    as_it_should_be(hub, record)


def test_a_pull_request_that_a_person_opened_from_our_branch_becomes_the_proposal(hub: GitHubWorld) -> None:
    hub.gate.faults[:] = [Fault("POST", "/pulls", status(422, "Validation Failed"))]
    with pytest.raises(ForgeRefused, match=r"status 422: Validation Failed"):
        hub.forge.propose(hub.proposal(labels=("syncbot",)), NOON)
    hub.as_person("POST", "/pulls", {"title": "mine", "head": BRANCH, "base": "main", "body": ""})
    as_it_should_be(hub, hub.forge.propose(hub.proposal(labels=("syncbot",)), NOON))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_that_is_revoked_is_an_error_without_it(hub: GitHubWorld, method: str) -> None:
    hub.gate.faults[:] = [Fault(method, "/pulls", status(401, "Bad credentials"), times=9)]
    with pytest.raises(
        ForgeError, match=r"status 401: Bad credentials.*; the token is wrong, expired or revoked"
    ) as caught:
        hub.forge.propose(hub.proposal(), NOON)
    assert "tok-bot" not in repr(caught.value) + str(hub.credentials())


def test_a_token_without_the_right_is_refused_with_the_remedy(hub: GitHubWorld) -> None:
    hub.gate.faults[:] = [Fault("POST", "/pulls", status(403, "Resource not accessible by integration"))]
    with pytest.raises(
        ForgeRefused, match=r"not accessible by integration.*; give the token, or the App, the permission"
    ):
        hub.forge.propose(hub.proposal(), NOON)
    assert hub.slept == []


def test_a_wrong_password_for_git_stands_in_no_message(hub: GitHubWorld) -> None:
    hub.credentials = lambda: Token("wrong-secret")
    with pytest.raises(ForgeError) as caught:
        hub.forge._branches.heads("main")
    assert "cannot be read" in str(caught.value)
    assert "wrong-secret" not in str(caught.value)


def test_a_renamed_repository_is_followed(hub: GitHubWorld) -> None:
    old = f"acme/{hub.name}-old"
    hub.gate.renamed[old] = hub.repository
    forge = hub.forge_at(old)
    record = forge.propose(hub.proposal(labels=("syncbot",)), NOON)
    as_it_should_be(hub, record)


@pytest.mark.parametrize("to", ["https://evil.example/x", "http://127.0.0.1:1/x"])
def test_no_redirect_to_another_host(hub: GitHubWorld, to: str) -> None:
    hub.gate.faults[:] = [Fault("GET", "/pulls", lambda request, do: Response("", 301, {"Location": to}))]
    with pytest.raises(HostileInput, match=r"names a new address on another host"):
        hub.forge.list()


def test_no_next_page_on_another_host(hub: GitHubWorld) -> None:
    link = {"Link": '<https://evil.example/page2>; rel="next"'}
    hub.gate.faults[:] = [Fault("GET", "/pulls", lambda request, do: Response("[]", 200, link))]
    with pytest.raises(HostileInput, match=r"names a next page on another host \('evil.example'\)"):
        hub.forge.list()


def test_all_pages_are_read(hub: GitHubWorld) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    page = f"{hub.gate.url}/api/v3/repos/{hub.repository}/pulls?page=2"
    first = Response("[]", 200, {"Link": f'<{page}>; rel="next", <{page}>; rel="last"'})
    hub.gate.faults[:] = [Fault("GET", "/pulls", lambda request, do: first)]
    assert len(hub.forge._api.open_pulls()) == 1


def test_a_protected_branch_is_told(hub: GitHubWorld) -> None:
    hook = hub.bare / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'GH006: Protected branch update failed' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(
        ForgeRefused, match=r"does not take the branch syncbot/lib/stable .*let syncbot push to syncbot/\*"
    ):
        hub.forge.propose(hub.proposal(), NOON)
    assert hub.gate.pulls(hub.repository) == []


def test_a_push_whose_answer_is_lost_is_looked_up(hub: GitHubWorld) -> None:
    record, wrote = met(hub, Fault("POST", "/git-receive-pack", after(status(500))))
    assert wrote == [*OPENED, "POST /issues/1/labels"]
    as_it_should_be(hub, record)


@pytest.mark.parametrize("content", ["<html>", "[1", "{}", '[{"number": 1}]'])
def test_an_answer_that_is_none_is_an_error(hub: GitHubWorld, content: str) -> None:
    hub.gate.faults[:] = [Fault("GET", "/issues", lambda request, do: Response(content, 200))]
    with pytest.raises(ForgeError, match=r"the forge"):
        hub.forge.list()


def test_a_question_asked_again_costs_nothing(hub: GitHubWorld) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    hub.forge.list()
    answers: list[int] = []

    def note(request: Request, do: Callable[[], Response]) -> Response:
        answer = do()
        answers.append(answer.status_code)
        return answer

    hub.gate.faults[:] = [note]
    assert len(hub.forge.list()) == 1
    assert answers == [304, 304, 304]
    assert {path.stat().st_mode & 0o777 for path in [hub.state / "etags"]} == {0o700}


@pytest.mark.parametrize("address", ["http://github.example/api/v3", "ftp://x"])
def test_a_token_is_not_sent_in_the_clear(hub: GitHubWorld, address: str) -> None:
    with pytest.raises(InputError, match="is not https"):
        hub.forge_at(hub.repository, api=address)


# -- an App


def test_an_app_works_under_its_own_name_and_writes_checks(hub: GitHubWorld, private_key: str) -> None:
    hub.credentials = lambda: Installation(str(APP["id"]), private_key, hub.repository)
    forge = hub.forge
    record = forge.propose(hub.proposal(labels=("syncbot",)), NOON)
    assert (forge.me().login, hub.page()["user"]["login"]) == ("syncer[bot]", "syncer[bot]")
    assert hub.forge.list() == [record]
    check = Check("syncbot", CheckState.PENDING, "is looked at", "soon")
    assert hub.writes(lambda: hub.forge.report_check(record.tip, check)) == ["POST /check-runs"]
    failed = Check("syncbot", CheckState.FAILED, "1 patch waits", "- one.patch")
    (wrote,) = hub.writes(lambda: hub.forge.report_check(record.tip, failed))
    assert wrote.startswith("PATCH /check-runs/")
    assert hub.writes(lambda: hub.forge.report_check(record.tip, failed)) == []
    assert hub.forge.checks(record.tip) == [failed]


def test_an_apps_token_is_renewed_before_it_expires(hub: GitHubWorld, private_key: str) -> None:
    hub.credentials = lambda: Installation(str(APP["id"]), private_key, hub.repository, APP["installation"])
    times = iter([0, 0, *[56] * 100])
    start = datetime.now(UTC)
    hub.now = lambda: start + timedelta(minutes=next(times))
    forge = hub.forge
    minted = lambda: [one.what for one in hub.gate.seen].count("POST /app/installations/99/access_tokens")  # noqa: E731
    before = minted()
    forge.list()
    assert minted() - before == 2


def test_an_apps_token_that_is_refused_in_mid_run_is_renewed_once(hub: GitHubWorld, private_key: str) -> None:
    hub.credentials = lambda: Installation(str(APP["id"]), private_key, hub.repository)
    record, wrote = met(hub, Fault("POST", "/pulls", status(401, "Bad credentials")))
    assert wrote == [*OPENED, "POST /issues/1/labels"]
    as_it_should_be(hub, record)


def test_a_private_key_that_is_none_is_an_error_without_it(hub: GitHubWorld) -> None:
    hub.credentials = lambda: Installation("1", "-----BEGIN secret", hub.repository)
    with pytest.raises(InputError, match=r"the App's private key cannot be used") as caught:
        hub.forge.list()
    assert "BEGIN secret" not in str(caught.value)
