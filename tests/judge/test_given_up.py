"""What upstream gave up with all around it, and what it made of its own tests and documents.

A merged patch is not needed for a file that is no more, unless that went on somewhere without it. Of what is not
shipped upstream may make what it likes, as long as the place is not as it was before the patch.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from test_gone_on import NEAR
from test_hostile import CODE, FINISH, Files, by_history, function, patch_of, stays
from test_traced import CHECKED, LONG, goes, run

from syncbot.judge.commits_kin import orphaned
from syncbot.model.judgement import Judgement

TINY = "enable = yes\n"
LIMIT = "limit = 64\nretry = no\nstrict = yes\nowner = all\n"


def merged(tmp_path: Path, base: Files, after: Files, *later: Files) -> Judgement:
    """The patch that leads from `base` to `after`, which upstream merged as it is, and what came later."""
    commits = [("Merge it", after), *((f"Step {n}", files) for n, files in enumerate(later))]
    return by_history(tmp_path, patch_of(base, after), base, *commits)


# A file is given up.


def test_a_file_that_had_little_but_the_patch_may_have_gone_on_in_another_form(tmp_path: Path) -> None:
    base, after = {CODE: run("")[CODE], "part.conf": TINY}, {CODE: run("")[CODE], "part.conf": TINY + LIMIT}
    stays(merged(tmp_path, base, after, run("")))


def test_a_file_that_came_with_the_patch_and_went_was_taken_back(tmp_path: Path) -> None:
    base, after = run(""), {CODE: run("")[CODE], "part.conf": LIMIT}
    stays(merged(tmp_path, base, after, run("", setup=NEAR)))


@pytest.mark.parametrize("late", [False, True])
def test_a_file_that_moved_in_two_steps_went_on_without_it(late: bool, tmp_path: Path) -> None:
    """A copy was made, then the check came, or the other way round, and the first file went: what is left has none."""
    copy = {"new/run.c": run("")[CODE]}
    steps = [("Copy", {**run(LONG if late else ""), **copy}), ("Merge it", {**run(LONG), **copy}), ("Move", copy)]
    stays(by_history(tmp_path, patch_of(run(""), run(LONG)), run(""), *steps[late:]))


@pytest.mark.parametrize(("ends", "drops"), [("", True), ("new/run.c", False), ("new/runner.c", False)])
def test_a_file_that_went_on_and_is_gone_too_needs_no_patch(ends: str, drops: bool, tmp_path: Path) -> None:
    """A copy without the check was made, the file was deleted, and then perhaps the copy, or it has another name."""
    copy, more = {"new/run.c": run("")[CODE]}, {"more.c": "int more;\n"}
    end = {ends: copy["new/run.c"], **more} if ends else more
    found = merged(tmp_path, run(""), run(LONG), {**run(LONG), **copy}, {**copy, **more}, end)
    goes(found) if drops else stays(found)


# What is not shipped.

CASES = "".join(f"def test_part_{n}():\n    assert part({n}) == {n}\n    assert whole({n})\n\n\n" for n in range(6))
WAIT = (
    "def test_waits():\n"
    "    clock = fake_clock(start=10)\n"
    "    worker = start_worker(clock)\n"
    "    clock.advance(seconds=30)\n"
    "    assert worker.woke == 3\n"
    "    assert worker.slept == 27\n\n\n"
)
ANEW = (
    "def test_waits():\n"
    "    with frozen(10) as time:\n"
    "        result = run_for(time, 30)\n"
    "    compare(result, woken=3)\n\n\n"
)
PAGE = "".join(f"Part {n}\n------\n\nWhat part {n} is for, and how it is set.\n\n" for n in range(6))
NOTE = "Waiting\n-------\n\nA worker waits for thirty seconds at most.\nSet ``wait`` to change that.\n\n"
OTHER_NOTE = "Waiting\n-------\n\nSee the page on workers.\n\n"


def placed(text: str, new: str, before: str) -> str:
    """`text` with `new` before one of its parts."""
    return text.replace(before, new + before)


def own(path: str, new: str, text: str = CASES, before: str = "def test_part_3") -> Files:
    return {CODE: function("", finish=FINISH), path: placed(text, new, before)}


@pytest.mark.parametrize(
    ("path", "drops"), [("tests/test_worker.py", True), ("src/test_worker.py", False), ("worker/test.py", False)]
)
def test_a_test_that_was_written_anew_is_upstreams(path: str, drops: bool, tmp_path: Path) -> None:
    """Not so where a product's own code may be called a test."""
    found = merged(tmp_path, own(path, ""), own(path, WAIT), own(path, ANEW))
    goes(found) if drops else stays(found)


def test_a_document_that_was_written_anew_is_upstreams(tmp_path: Path) -> None:
    base, after, later = (own("doc/worker.rst", new, PAGE, "Part 3") for new in ("", NOTE, OTHER_NOTE))
    goes(merged(tmp_path, base, after, later))


def test_a_test_that_went_and_left_its_place_as_it_was_may_be_missed(tmp_path: Path) -> None:
    path = "tests/test_worker.py"
    gone = own(path, "", CASES.replace("assert part(0) == 0", "assert part(0) == 0, 'first'"))
    stays(merged(tmp_path, own(path, ""), own(path, WAIT), gone))


@pytest.mark.parametrize(("more", "drops"), [("", False), ("\nSee also the page on clocks.\n", True)])
def test_a_line_that_was_taken_out_of_a_document_alone_is_missed(more: str, drops: bool, tmp_path: Path) -> None:
    """What stands beside it had changed before, so nothing is as it was; and yet a commit did nothing else."""
    index = "Contents\n========\n\n" + "".join(f"   page_{n}\n" for n in range(6))
    entry = "   waiting_for_workers\n"

    def tree(text: str, note: str = NOTE) -> Files:
        return {CODE: function(""), "doc/index.rst": text, "doc/worker.rst": placed(PAGE, note, "Part 3")}

    with_entry = placed(index, entry, "   page_3")
    anew = with_entry.replace("page_2", "page_two").replace("page_3", "page_three")
    last = anew.replace(entry, "") + more
    found = merged(tmp_path, tree(index, ""), tree(with_entry), tree(anew), tree(last))
    goes(found) if drops else stays(found)


def test_a_test_whose_old_lines_came_back_is_missed(tmp_path: Path) -> None:
    path, old = "tests/test_worker.py", WAIT.replace("woke == 3", "woke == 2").replace("seconds=30", "seconds=20")
    back = ANEW.replace("compare(result, woken=3)", "clock.advance(seconds=20)\n    assert worker.woke == 2")
    stays(merged(tmp_path, own(path, old), own(path, WAIT), own(path, back)))


def test_a_test_beside_code_counts_as_before(tmp_path: Path) -> None:
    """The patch has code: that decides, and its check is gone."""
    path = "tests/test_worker.py"
    base, after, later = ({**own(path, new), **run(code)} for new, code in (("", ""), (WAIT, CHECKED), (ANEW, "")))
    stays(merged(tmp_path, base, after, later))


def test_a_commit_that_did_more_than_the_test_is_not_it(tmp_path: Path) -> None:
    path = "tests/test_worker.py"
    more = "".join(f"def test_more_{n}():\n    assert more({n}) == {n + 1}\n\n\n" for n in range(6))
    base, after = own(path, ""), own(path, WAIT)
    commits = [("Test", own(path, WAIT + more)), ("Anew", own(path, ANEW + more))]
    stays(by_history(tmp_path, patch_of(base, after), base, *commits))


# An import that went alone.

PLAIN = "import os\nimport sys\n\n\n" + CASES.replace("def test_", "def check_").replace("assert", "return")
SEALED = PLAIN.replace("import sys\n", "import sys\nfrom worker.locks import sealed\n").replace(
    "    return part(3) == 3\n", "    with sealed(part):\n        audit(part, whole)\n        return part(3) == 3\n"
)


@pytest.mark.parametrize(
    ("now", "drops"),
    [
        ("", False),
        ("from worker.gates import sealed\n", True),
        ("from worker.gates import (\n    opened,\n    sealed,\n)\n", True),
    ],
)
def test_an_import_that_is_used_still_was_lost(now: str, drops: bool, tmp_path: Path) -> None:
    """What stood beside it was written anew, too, so nothing is as it was before the patch."""
    later = SEALED.replace("import os\nimport sys\nfrom worker.locks import sealed\n", "import json\nimport re\n" + now)
    found = merged(tmp_path, {"run.py": PLAIN}, {"run.py": SEALED}, {"run.py": later})
    goes(found) if drops else stays(found)


@pytest.mark.parametrize(
    ("line", "content", "lost"),
    [
        (b"import a.b", b"x = a.b.c()", True),
        (b"import a.b as c", b"x = b()", False),
        (b"import a.b as c", b"x = c()", True),
        (b"from a import b, c  # both", b"from a import b\nx = c(b)", True),
        (b"from a import b, c", b"from a import (\n    b, c)\nx = c(b)", False),
        (b"import { read, write } from 'fs';", b"write(1);", True),
        (b"import fs from 'fs';", b"read(1);", False),
        (b"import java.util.List;", b"List<String> list;", True),
        (b"use std::io::{self, Read};", b"fn f(r: impl Read) -> u8 {}", True),
        (b"from a import b", b"f(\n    b.c,\n)", True),
        (b"#include <limits.h>", b"int x = INT_MAX;", False),
        (b"# the use of `b`", b"x = b()", False),
    ],
)
def test_what_an_import_brings_in_is_looked_for(line: bytes, content: bytes, lost: bool) -> None:
    assert orphaned(line, content) is lost
