"""A proposal as mails, as mailing lists like them: plain text, one mail per version with the patch in it, later ones as
replies. `git am` takes them. Where others can fetch the branch, a patch that is too much for a list stays out of the
mail, which then asks to pull, in the words of `git request-pull`.

    mails/<id>.eml         the first version
    mails/<id>-v2.eml      the next one, a reply to it
    mails/<id>-closed.eml  that the newest version is withdrawn; -closed-2 where that happens again
    mails/<id>-again.eml   that it is proposed again as it was

A mail that is written is never changed: it may have been sent. The same record gives the same mails.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime, formataddr
from functools import partial
from pathlib import Path

from syncbot.forges.files import read_bytes, write_whole
from syncbot.git.change import Change
from syncbot.git.commit import signed_off
from syncbot.model.addresses import is_path
from syncbot.model.ids import CommitId
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalRecord
from syncbot.model.settings import Identity
from syncbot.report import controls
from syncbot.report.plain_text import plain_text

_WIDE = 72
_MOST = 200_000
"""Bytes of a patch that goes into a mail; lists take little more."""
_POLITE = 39_000
"""Bytes of a mail that lists take without asking a moderator, with its headers: Mailman takes 40 KB unless told
otherwise. What is above it is cut where the patch says it as well."""
_LONGEST = 990
"""Bytes of a line: SMTP takes 998."""
_SHOWN = ("The patch that leaves:", "The patch as it becomes:", "As it was:", "The patch:")
"""What stands above diffs of a story that stand in the mail's own patch, too."""
_FENCE = re.compile(r"(`{3,})[a-z]*")
_PATCH = re.compile(r"^(?=diff -|---(?:\s|$)|\+\+\+ |@@ |Index: |>*From |-- $)", re.M)
_HERE = frozenset({"### Check it yourself", "### Settle the draft", "### Stop it", controls.HEADING})
"""Sections for who runs syncbot: their commands and addresses say nothing to the people of a list."""
_WHY = "### Why this came, and how to stop it"
_DOMAIN = re.compile(r"[^@]+@((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})")
_NOWHERE = "syncbot.invalid"
"""Ends a Message-ID where the bot's own address has no domain that others could have, too."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Mails below `folder`. `remote`: where people fetch branches from; `change` gives what leads from one commit to
    another."""

    folder: Path
    identity: Identity
    to: str
    remote: str
    change: Callable[[CommitId, CommitId], Change | None]

    def write(self, record: ProposalRecord) -> None:
        """The mail that this state of a proposal asks for, where it is not there yet."""
        sent = self._sent(record.id)
        if record.status is ProposalStatus.OPEN:
            mark = self._mark(record)
            if not sent or sent[-1]["Message-ID"] != mark:
                self._put(_name(record.id, len(sent) + 1), self._version(record, mark, sent))
            elif self._is_withdrawn(record.id, sent):
                self._say(record, sent, _AGAIN, "This is proposed again, as it was.\n")
        elif record.status is ProposalStatus.CLOSED and sent and not self._is_withdrawn(record.id, sent):
            self._say(record, sent, _CLOSED, f"This is withdrawn: {record.note or 'its reason is gone'}\n")

    def _sent(self, id: str) -> list[EmailMessage]:
        """The versions so far, oldest first."""
        return self._all(partial(_name, id))

    def _all(self, name: Callable[[int], str]) -> list[EmailMessage]:
        found: list[EmailMessage] = []
        while (self.folder / name(len(found) + 1)).exists():
            found.append(self._last(name(len(found) + 1)))
        return found

    def _is_withdrawn(self, id: str, sent: list[EmailMessage]) -> bool:
        """Whether the last word about the newest version is that it is withdrawn."""
        thread = _thread(sent)
        closed = [mail for mail in self._all(partial(_said, id, _CLOSED)) if mail["References"] == thread]
        again = [mail for mail in self._all(partial(_said, id, _AGAIN)) if mail["References"] == thread]
        return len(closed) > len(again)

    def _say(self, record: ProposalRecord, sent: list[EmailMessage], kind: str, text: str) -> None:
        number = len(self._all(partial(_said, record.id, kind))) + 1
        count = "" if number == 1 else str(number)
        self._put(_said(record.id, kind, number), self._reply(sent, f"{kind}{count}", text, record.updated))

    def _last(self, name: str) -> EmailMessage:
        found = message_from_bytes(read_bytes(self.folder / name) or b"", policy=default)
        assert isinstance(found, EmailMessage)
        return found

    def _put(self, name: str, message: EmailMessage) -> None:
        write_whole(self.folder / name, message.as_bytes())

    def _mark(self, record: ProposalRecord) -> str:
        """The Message-ID: another one for another content."""
        said = "\0".join((record.fingerprint, record.tip, record.title, record.body, str(record.draft)))
        digest = hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()[:40]
        found = _DOMAIN.fullmatch(self.identity.email)
        return f"<{digest}.{record.id}@{found[1] if found else _NOWHERE}>"

    def _version(self, record: ProposalRecord, mark: str, sent: list[EmailMessage]) -> EmailMessage:
        number = len(sent) + 1
        text, has_patch = self._text(record, number)
        kind = "PATCH" if has_patch else "GIT PULL"
        words = [*(["RFC"] if record.draft else []), kind, *([f"v{number}"] if number > 1 else [])]
        message = self._message(f"[{' '.join(words)}] {_line(record.title)}", record.updated, mark)
        message["X-Syncbot-Branch"] = record.branch
        if sent:
            message["In-Reply-To"] = str(sent[-1]["Message-ID"])
            message["References"] = _thread(sent)
        message.set_content(text, cte="8bit")
        return message

    def _reply(self, sent: list[EmailMessage], kind: str, text: str, at: datetime) -> EmailMessage:
        last = sent[-1]
        mark = str(last["Message-ID"]).replace("<", f"<{kind}.", 1)
        message = self._message(f"Re: {last['Subject']}", at, mark)
        message["In-Reply-To"] = str(last["Message-ID"])
        message["References"] = _thread(sent)
        message.set_content(plain_text(text, _WIDE), cte="8bit")
        return message

    def _message(self, subject: str, at: datetime, mark: str) -> EmailMessage:
        message = EmailMessage(policy=SMTP.clone(max_line_length=0, cte_type="8bit"))
        message["From"] = self._sender()
        if self.to:
            message["To"] = _line(self.to)
        message["Subject"] = subject
        message["Date"] = format_datetime(at)
        message["Message-ID"] = mark
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: who is on holiday need not answer
        return message

    def _sender(self) -> Address | str:
        """The identity as RFC 5322 has it: a name with a comma is quoted, or it would be two people."""
        name, mail = _line(self.identity.name), _line(self.identity.email)
        try:
            return Address(name, addr_spec=mail)
        except (HeaderParseError, ValueError, IndexError):  # an address that is none is left to who sends the mail
            return formataddr((name, mail))

    def _is_public(self) -> bool:
        """Whether others can fetch from there: a path is of this machine."""
        return not is_path(self.remote) and not self.remote.startswith("file:")

    def _branch(self, record: ProposalRecord, made: Change | None) -> str:
        commits = "" if made is None else "".join(f"\n  - {_line(subject)}" for subject in made.subjects) + "\n"
        if self._is_public():
            return f"The branch, commit by commit:\n\n    git fetch {self.remote} {record.branch}\n{commits}"
        return f"Commit by commit:\n{commits}" if commits else ""

    def _text(self, record: ProposalRecord, number: int) -> tuple[str, bool]:
        """First what would be the commit's message, below the line the rest, then the patch; and whether that is there.
        Where it would be too much for a list, the rest is shortened first."""
        head, rest = _halves(record.body.replace("\r\n", "\n"))
        before = f"This takes the place of v{number - 1}.\n\n" if number > 1 else ""
        made = self.change(record.parent, record.tip)
        patch = None if made is None else _as_text(made.diff)

        def forms(branch: str, patch: str) -> list[str]:
            above = signed_off(_told(head), self.identity)
            below = [_told(text) if text else "" for text in (rest, _without_fences(rest), _CUT)]
            return ["\n".join([above, f"---\n{before}{text}\n{branch}", patch, "-- ", "syncbot", ""]) for text in below]

        if made is None:
            return _fitting(forms("", "")), True
        if patch is not None:
            tried = forms(self._branch(record, made), f"{made.stat}\n{patch}")
            if _size(_fitting(tried)) <= _POLITE or not self._is_public():
                return _fitting(tried), True
        elif not self._is_public():
            nowhere = f"{made.stat}\nThe patch does not go into a mail as it is; ask for the branch.\n"
            return _fitting(forms(self._branch(record, made), nowhere)), True
        return _fitting(forms(self._pull(record, made, too_long=patch is not None), made.stat)), False

    def _pull(self, record: ProposalRecord, made: Change, *, too_long: bool) -> str:
        """In the words of `git request-pull`, which tools of mailing lists know."""
        size = len(made.diff) // 1000
        why = f"has {size} KB, more than lists take" if too_long else "does not go into a mail as it is"
        subjects = "".join(f"  {_line(subject)}\n" for subject in made.subjects)
        return (
            f"The patch {why}, so it is left out. To read it:\n\n"
            f"    git fetch {self.remote} {record.branch}\n    git log -p --reverse {record.parent}..{record.tip}\n\n"
            f"The following changes since commit {record.parent}:\n\n"
            f"are available in the Git repository at:\n\n  {self.remote} {record.branch}\n\n"
            f"for you to fetch changes up to {record.tip}:\n\n{subjects}"
        )


_CUT = "How each patch was judged is left out for length."


def _fitting(forms: list[str]) -> str:
    """The longest that lists take; where none is short enough, the middle one: the shortest would save nothing."""
    return next((text for text in forms if _size(text) <= _POLITE), forms[1])


def _size(text: str) -> int:
    """As it is sent: with two bytes for an end of line, and headers."""
    return len(text.encode()) + text.count("\n") + 800


def _without_fences(text: str) -> str:
    """Without what is shown of upstream's side and of the conflicts, and the line that leads to each."""
    kept: list[str] = []
    for part in _parts(text):
        if _FENCE.match(part) is None:
            kept.append(part)
            continue
        while kept and not kept[-1]:
            kept.pop()
        if kept and (kept[-1].endswith(":") or kept[-1].startswith("<details>")):
            kept.pop()
    return "\n".join(kept)


def _halves(body: str) -> tuple[str, str]:
    """What goes above the line and what goes below it, without the diffs that the patch shows anyway and without the
    controls. What is quoted in a fence is a part of neither's structure, whatever lines are in it."""
    parts = _parts(body)
    kept = _for_all([part for at, part in enumerate(parts) if not _is_shown(parts, at)])
    folds = [at for at, part in enumerate(kept) if part.startswith("<details>")]
    headings = [at for at, part in enumerate(kept) if part.startswith("### ")]
    split = next(iter(folds or headings), len(kept))
    return "\n".join(kept[:split]), "\n".join(kept[split:])


def _for_all(parts: list[str]) -> list[str]:
    """Without the sections that only who runs syncbot can use."""
    kept: list[str] = []
    heading = ""
    for part in parts:
        if part.startswith("### "):
            heading = part
            kept += ["### Why this came"] if part == _WHY else [part] if part not in _HERE else []
        elif heading == _WHY and part.startswith("Close this"):
            heading = controls.HEADING
        elif heading not in _HERE:
            kept.append(part)
    return kept


def _parts(body: str) -> list[str]:
    """The lines; a fence with all that is in it is one part."""
    parts: list[str] = []
    fence = ""
    for text in body.split("\n"):
        if fence:
            parts[-1] += f"\n{text}"
            fence = "" if text == fence else fence
        else:
            parts.append(text)
            mark = _FENCE.fullmatch(text)
            fence = mark[1] if mark is not None else ""
    return parts


def _is_shown(parts: list[str], at: int) -> bool:
    """Whether this part is such a diff, or what leads to it."""
    first = next((n for n in (at, at - 1, at - 2) if n >= 0 and parts[n] in _SHOWN), None)
    if first is None or first + 2 >= len(parts) or parts[first + 1]:
        return False
    return re.match(r"`{3,}diff\n", parts[first + 2]) is not None


def _told(markdown: str) -> str:
    """Our words, in which no line starts what `git am` would take for a patch, whatever text from outside is in it."""
    return _PATCH.sub(" ", plain_text(markdown, _WIDE))


def _as_text(diff: bytes) -> str | None:
    """The patch as text that mail servers leave alone; None where it has other bytes, or is too much."""
    if len(diff) > _MOST or b"\r" in diff or b"\0" in diff or any(len(line) > _LONGEST for line in diff.split(b"\n")):
        return None
    try:
        return diff.decode()
    except UnicodeDecodeError:
        return None


def _name(id: str, number: int) -> str:
    return f"{id}.eml" if number == 1 else f"{id}-v{number}.eml"


_CLOSED, _AGAIN = "closed", "again"


def _said(id: str, kind: str, number: int) -> str:
    return f"{id}-{kind}.eml" if number == 1 else f"{id}-{kind}-{number}.eml"


def _thread(sent: list[EmailMessage]) -> str:
    return " ".join(str(one["Message-ID"]) for one in sent)


def _line(text: str) -> str:
    return " ".join(text.split()).encode("utf-8", "replace").decode()
