"""Releases made to mislead the judge: they look as if they had the patch, and a wrong drop would lose it."""

from __future__ import annotations

from pathlib import Path

import pytest
from upstreams import Upstream

from syncbot.diff.parse import parse_patch
from syncbot.diff.render import render_file
from syncbot.git.lineage import open_lineage
from syncbot.git.trees import GitTree
from syncbot.judge import judge_series, verify_promise
from syncbot.judge.stack import Overlay, fit_patch
from syncbot.model.ids import PatchName
from syncbot.model.judgement import Judgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.trees import FILE, MemoryTree
from syncbot.model.verdicts import Action

Files = dict[str, str]
MODES = ("trees", "git")
HEADER = b"A patch.\n\n"
CODE = "run.c"

SETUP = "".join(f"    setup_{i}(ctx);\n" for i in range(8))
FINISH = "".join(f"    finish_{i}(ctx);\n" for i in range(8))
TABLE = "".join(f"int value_{i} = compute_{i}();\n" for i in range(20))
SAFE_TABLE = TABLE.replace("compute_5()", "compute_5_safely()")
TABLE_HUNK = render_file("a.c", "a.c", TABLE.encode(), SAFE_TABLE.encode())
GUARD = "    if (wanted > limit)\n        return -E2BIG;\n"
AUDITED = GUARD + "    audit_request(ctx, wanted);\n"


def function(middle: str, setup: str = SETUP, finish: str = FINISH) -> str:
    return "int run(struct ctx *ctx)\n{\n" + setup + middle + finish + "}\n"


def deeper(block: str) -> str:
    return "".join("    " + line for line in block.splitlines(keepends=True))


def tree(files: Files) -> MemoryTree:
    return MemoryTree({path: (FILE, text.encode()) for path, text in files.items()})


def written(text: bytes) -> SeriesPatch:
    return SeriesPatch(PatchName("the.patch"), text)


def patch_of(before: Files, after: Files, header: bytes = HEADER) -> SeriesPatch:
    """The patch that leads from these files to those."""
    text = header
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old != new:
            sides = (path if old is not None else None, path if new is not None else None)
            contents = (None if old is None else old.encode(), None if new is None else new.encode())
            modes = (None if old is None else FILE, None if new is None else FILE)
            text += render_file(*sides, *contents, *modes)
    return written(text)


def by_trees(patch: SeriesPatch, base: Files, target: Files) -> Judgement:
    """The judgement by the two releases alone."""
    answer = judge_series([patch], tree(base), tree(target), base_name="1.0", target_name="2.0")
    verify_promise([patch], tree(base), tree(target), answer)
    return answer.patches[0]


def by_history(folder: Path, patch: SeriesPatch, base: Files, *commits: tuple[str, Files]) -> Judgement:
    """The judgement with the commits (message, all files) that lead from base to target; the last one is the target."""
    upstream = Upstream(folder / "upstream.git")
    start = tip = upstream.commit("Start", base)
    files = base
    for message, content in commits:
        tip = upstream.commit(message, {**dict.fromkeys(files.keys() - content.keys()), **content}, tip)
        files = content
    history = open_lineage(upstream.path, folder / "history", start, tip, "2.0", None)
    old, new = GitTree(upstream.path, start), GitTree(upstream.path, tip)
    answer = judge_series([patch], old, new, base_name="1.0", target_name="2.0", history=history)
    verify_promise([patch], old, new, answer)
    return answer.patches[0]


def by(mode: str, folder: Path, base: Files, after: Files, target: Files) -> Judgement:
    """The judgement of the patch base -> after on a release that is one commit away."""
    patch = patch_of(base, after)
    return by_trees(patch, base, target) if mode == "trees" else by_history(folder, patch, base, ("Rework", target))


def stays(judgement: Judgement) -> None:
    """Kept, rewritten or given to a person: anything but dropped."""
    said = f"{judgement.verdict}/{judgement.action}/{judgement.proof}: {judgement.reason}"
    assert judgement.action is not Action.DROP, said


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("lines", [GUARD, AUDITED])
def test_what_upstream_has_whole_is_dropped(mode: str, lines: str, tmp_path: Path) -> None:
    """The other side of every test here: a judge that keeps everything would carry merged patches for ever."""
    base, after = {CODE: function("")}, {CODE: function(lines)}
    assert by(mode, tmp_path, base, after, after).action is Action.DROP


# A removal, and a release that only moved what the patch removes.

SEND = "    send_telemetry(ctx, flags);\n"
SENDER = "static void telemetry(struct ctx *c)\n{\n    open_socket(c);\n    send_all(c);\n    close_socket(c);\n}\n\n"
HELPERS = "".join(f"static int helper_{i}(struct ctx *c)\n{{\n    return c->value_{i};\n}}\n\n" for i in range(6))
MODULE = "".join(f"int tele_{i}(void) {{ return send_{i}(); }}\n" for i in range(30))
SHORTER = "".join(line for i, line in enumerate(MODULE.splitlines(keepends=True)) if i % 3)
SENT_LATER = function("", finish=FINISH.replace("    finish_5", SEND + "    finish_5"))
REST = {"rest.txt": "1\n"}
MOVED: dict[str, tuple[Files, Files, Files]] = {
    "line in its function": ({CODE: function(SEND)}, {CODE: function("")}, {CODE: SENT_LATER}),
    "function in its file": ({CODE: SENDER + HELPERS}, {CODE: HELPERS}, {CODE: HELPERS + SENDER}),
    "file under another name": ({"tele.c": MODULE, **REST}, REST, {"metrics.c": SHORTER, **REST}),
    "file in two places": ({"tele.c": MODULE, **REST}, REST, {"m/tele.c": MODULE, "n/tele.c": MODULE, **REST}),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("what", MOVED)
def test_a_move_is_no_removal(what: str, mode: str, tmp_path: Path) -> None:
    """The patch takes code out and upstream still has it elsewhere: dropped, the code would be back."""
    stays(by(mode, tmp_path, *MOVED[what]))


def test_a_move_does_not_trim_the_removal() -> None:
    """A rewrite to the part that is needed would quietly leave the moved line in the product."""
    base = {"a.c": function(SEND), "b.c": function("    other_bad(ctx, 1);\n")}
    after = {"a.c": function(""), "b.c": function("    other_good(ctx, 1);\n")}
    judgement = by_trees(patch_of(base, after), base, {**base, "a.c": SENT_LATER})
    assert judgement.action is not Action.DROP
    if judgement.action is Action.REWRITE:
        assert b"telemetry" in (judgement.refreshed or b""), judgement.reason


# A patch that fits the base with fuzz only, and a twin of its place that looks as if it were done.

TWIN = (
    "int %s(struct ctx *ctx)\n{\n    struct req *r = ctx->req;\n    size_t n = r->len;\n    prepare(ctx);\n"
    "%s    copy(ctx->buf, r->data, n);\n    commit(ctx);\n    return 0;\n}\n\n"
)
FILL = "".join(f"int fill_{i};\n" for i in range(20))
SIZE_GUARD = "    if (n > sizeof(ctx->buf))\n        return -E2BIG;\n"
SKIP = "    skip_verification(ctx);\n"


@pytest.mark.parametrize(
    ("twin", "before", "after"), [(SIZE_GUARD, "", SIZE_GUARD), ("", SKIP, "")], ids=["guard added", "line taken out"]
)
def test_a_twin_that_has_it_does_not_stand_for_the_drifted_place(twin: str, before: str, after: str) -> None:
    """The other function is as the patch wants this one: dropped, this one stays without its guard or check."""
    head = TWIN % ("get", twin) + FILL
    made_on, made = {"a.c": head + TWIN % ("put", before)}, {"a.c": head + TWIN % ("put", after)}
    base = head + TWIN.replace("r->len;", "r->length;") % ("put", before)
    stays(by_trees(patch_of(made_on, made), {"a.c": base}, {"a.c": base + "int more;\n"}))


# Copies and renames.

COPY = written(
    b"A patch.\n\n" + TABLE_HUNK + b"diff --git a/a.c b/b.c\nsimilarity index 100%\ncopy from a.c\ncopy to b.c\n"
)


@pytest.mark.parametrize("copied", [TABLE, SAFE_TABLE], ids=["copy of the old text", "copy of the new text"])
def test_a_copy_upstream_does_not_stand_for_the_edit_of_its_source(copied: str) -> None:
    """Upstream has the second file and not the edit of the first: dropped, the edit is lost."""
    stays(by_trees(COPY, {"a.c": TABLE}, {"a.c": TABLE, "b.c": copied}))


def test_a_copy_is_of_the_text_before_the_patch() -> None:
    """As git does it. A copy of the edited text would carry the edit into a file that it was not made for."""
    fitted = fit_patch(parse_patch(COPY.content, None, lambda path: path == "a.c"), Overlay(tree({"a.c": TABLE})))
    done = {change.path: change.after.content for change in fitted.changes if change.after is not None}
    assert done == {"a.c": SAFE_TABLE.encode(), "b.c": TABLE.encode()}


def test_a_rename_is_not_done_where_another_file_has_the_new_name() -> None:
    """Upstream's file of that name is a different one: dropped, the product gets that instead of ours."""
    rename = b"A patch.\n\ndiff --git a/conf/a.conf b/conf/b.conf\nsimilarity index 100%\n"
    rename += b"rename from conf/a.conf\nrename to conf/b.conf\n"
    stays(by_trees(written(rename), {"conf/a.conf": MODULE}, {"conf/b.conf": "hello\nother\n"}))


# Needed files with names that make them look like tests, documentation or made things.

MISNAMED = (
    *("src/test.c", "lib/history.py", "lib/changes.c", "src/news.c", "news/feed.c", "html/app.c", "docs/engine.c"),
    *("t/product.c", "src/spec/core.c", "config.h.in", "Makefile.in", "go.sum", "templates/login.html"),
    *("data/blocklist.txt", "man/pager.c", "lib/ab_test.py", "src/license.c", "src/copying.c", "readme_parser.c"),
)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", MISNAMED)
def test_a_needed_file_counts_whatever_its_name(path: str, mode: str, tmp_path: Path) -> None:
    """Upstream took the half in src/a.c: dropped as whole, the half in the other file is lost for its name."""
    base = {"src/a.c": TABLE, path: TABLE}
    after = {"src/a.c": SAFE_TABLE, path: TABLE.replace("compute_12()", "compute_12_safely()")}
    stays(by(mode, tmp_path, base, after, {"src/a.c": SAFE_TABLE, path: TABLE}))


def test_a_merged_test_does_not_stand_for_a_needed_template() -> None:
    """Upstream took the test alone: dropped, the product loses the template that the test is about."""
    base = {"templates/login.html": SETUP, "t/login.t": SETUP}
    test = SETUP.replace("setup_2", "checked_2")
    after = {"templates/login.html": SETUP.replace("setup_1", "escaped_1"), "t/login.t": test}
    stays(by_trees(patch_of(base, after), base, {**base, "t/login.t": test}))


# Commits that history finds, and that the release has no more.

LOGGED = "    reporter(ctx);\n    if (wanted > max_limit)\n        log_it(ctx);\n"
TAKEN_BACK: dict[str, tuple[str, ...]] = {
    "silently, as its context was renamed": (
        function(AUDITED),
        function("", setup=SETUP.replace("ctx", "context")),
    ),
    "in three edits": (
        function(AUDITED),
        function(AUDITED.replace("> limit", "> max")),
        function("    audit_request(ctx, wanted);\n"),
        function("    reporter(ctx);\n"),
    ),
    "by a rework": (function(AUDITED), function(LOGGED)),
    "in its main part": (function(AUDITED), function("    audit_request(ctx, wanted);\n")),
}


@pytest.mark.parametrize("how", TAKEN_BACK)
def test_a_commit_that_was_taken_back_since_does_not_count(how: str, tmp_path: Path) -> None:
    """Upstream merged the guard and has it no more: dropped for its commit, the product has no guard at all."""
    base, after = {CODE: function("")}, {CODE: function(AUDITED)}
    commits = [(f"Step {number}", {CODE: text}) for number, text in enumerate(TAKEN_BACK[how])]
    stays(by_history(tmp_path, patch_of(base, after), base, *commits))


def test_a_commit_that_holds_under_a_condition_only_does_not_count(tmp_path: Path) -> None:
    """Merged, then put under a switch: dropped, the product is guarded only where someone sets the switch."""
    base, after = {CODE: function("")}, {CODE: function(GUARD)}
    switched = {CODE: function("    if (strict) {\n" + deeper(GUARD) + "    }\n")}
    stays(by_history(tmp_path, patch_of(base, after), base, ("Check", after), ("Only if strict", switched)))


def test_a_value_that_was_raised_again_does_not_count(tmp_path: Path) -> None:
    """Upstream lowered the limit as the patch does and raised it since: dropped, the high limit is back."""
    base, after, target = (
        {CODE: function(more) + f"#define LIMIT {limit}\n"}
        for more, limit in (("", 4096), ("", 64), ("    more(ctx);\n", 2048))
    )
    stays(by_history(tmp_path, patch_of(base, after), base, ("Lower", after), ("Raise", target)))


READY = "    if (!ctx->ready)\n        return -EINVAL;\n"
CHECKS = READY + "    if (ctx->len > ctx->max)\n        return -E2BIG;\n"
LAST_CHECK = "    if (ctx->off > ctx->len)\n        return -ERANGE;\n"
EITHER = READY.replace("!ctx->ready", "!ctx->ready || ctx->len > ctx->max")
OLD_CALLS = "    old_a(ctx);\n    old_b(ctx);\n    mid(ctx);\n"
NEW_CALLS = OLD_CALLS.replace("old_", "new_")
SAME_SUBJECT: dict[str, tuple[str, str, str]] = {
    "another value": ("    limit = 100;\n", "    limit = 64;\n", "    limit = 96;\n"),
    "half of the condition": ("", EITHER, READY),
    "without the last check": ("", CHECKS + LAST_CHECK, CHECKS),
    "other lines for the last check": ("", CHECKS + LAST_CHECK, CHECKS + "    WARN(ctx->odd);\n    trace(ctx);\n"),
    "a log for the guard": (OLD_CALLS, NEW_CALLS + "    extra_guard(ctx);\n", NEW_CALLS + "    extra_log(ctx);\n"),
}


@pytest.mark.parametrize("how", SAME_SUBJECT)
def test_the_same_subject_does_not_excuse_missing_lines(how: str, tmp_path: Path) -> None:
    """A commit of the same name did less: dropped for the name, what it did not do is lost."""
    base, after, target = ({CODE: function(text)} for text in SAME_SUBJECT[how])
    mail = b"From: A <a@example.org>\nSubject: [PATCH] Fix build\n\n---\n"
    stays(by_history(tmp_path, patch_of(base, after, mail), base, ("Fix build", target)))


# The right lines in the wrong place.

SERVICES = "services:\n  web:\n    image: web\n    ports: [80]\n%s  db:\n    image: db\n    ports: [5432]\n%s"
SERVICES += "  cache:\n    image: cache\n    ports: [6379]\n"
SECTIONS = "[web]\nhost = a\nport = 1\n%s\n[db]\nhost = b\nport = 2\n%s\n[cache]\nhost = c\n"
CASES = "int h(int op)\n{\n    switch (op) {\n    case OP_READ:\n        start(op);\n%s        return do_read();\n"
CASES += "    case OP_WRITE:\n        begin(op);\n%s        return do_write();\n    }\n}\n"
METHODS = (
    "class View:\n    def get(self, request):\n        user = request.user\n        obj = self.lookup(request)\n%s"
)
METHODS += "        return self.render(obj)\n\n    def post(self, request):\n        user = request.user\n"
METHODS += "        form = self.form(request)\n%s        return self.save(form)\n"
REFUSE = "        if not user.is_admin:\n            raise PermissionDenied(user)\n"


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("compose.yml", SERVICES, "    read_only: true\n"),
        ("view.py", METHODS, "        check_permission(user, self)\n"),
        ("server.ini", SECTIONS, "require_tls = yes\n"),
        ("op.c", CASES, "        check_privilege(op);\n"),
    ],
)
def test_the_same_line_in_the_next_part_is_another_change(path: str, text: str, line: str, tmp_path: Path) -> None:
    """Upstream protects the neighbour: dropped, what the patch protects stands open."""
    base, after = {path: text % ("", "")}, {path: text % (line, "")}
    stays(by_history(tmp_path, patch_of(base, after), base, ("Do it for the other", {path: text % ("", line)})))


STRICT_ONLY = "    if (strict_mode) {\n" + deeper(GUARD) + "    }\n"
SLOW_ONLY = "    if (ctx->fast)\n        goto quick;\n    else {\n" + deeper(GUARD) + "    }\n"


@pytest.mark.parametrize(
    ("base", "after", "target"),
    [
        (function(""), function(GUARD), function(STRICT_ONLY)),
        (function(""), function(GUARD), function(SLOW_ONLY)),
        (METHODS % ("", ""), METHODS % (REFUSE, ""), METHODS % ("        if STRICT:\n" + deeper(REFUSE), "")),
        (
            SERVICES % ("", ""),
            SERVICES % ("    read_only: true\n", ""),
            SERVICES % ("    x:\n      read_only: true\n", ""),
        ),
    ],
    ids=["C if", "C else", "Python if", "YAML key"],
)
def test_the_lines_one_level_deeper_are_another_change(base: str, after: str, target: str) -> None:
    """The same words under a condition: dropped, they hold only where the condition does."""
    stays(by_trees(patch_of({"a.py": base}, {"a.py": after}), {"a.py": base}, {"a.py": target}))


# Nearly the same.

REPORT = "    size_t limit = table_limit(ctx);\n    size_t wanted = request_size(ctx);\n    if (wanted > limit)\n"
REPORT += "        report_overflow(ctx, wanted);\n    account_request(ctx, wanted);\n"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "condition", ["wanted < limit", "!(wanted > limit)", "wanted > limit && 0", "wanted > limit && old"]
)
def test_one_altered_operator_decides(condition: str, mode: str, tmp_path: Path) -> None:
    """Four lines of five are there and the fifth says something else: dropped, the check does not check."""
    target = {CODE: function(REPORT.replace("wanted > limit", condition))}
    stays(by(mode, tmp_path, {CODE: function("")}, {CODE: function(REPORT)}, target))


def test_one_altered_digit_decides() -> None:
    """Upstream set the same options with one switched off: dropped, peers are not verified."""
    options = (
        "    cfg->retries = 3;\n    cfg->backoff_max = 9;\n    cfg->verify_peer = 1;\n    cfg->use_cache = true;\n"
    )
    base, after = {CODE: function("")}, {CODE: function(options)}
    stays(by_trees(patch_of(base, after), base, {CODE: function(options.replace("peer = 1", "peer = 0"))}))


STATEMENTS = [f"    new_statement_number_{i}(ctx, {i});\n" for i in range(40)]


def test_a_small_block_that_conflicts_counts_beside_a_large_one_that_is_there() -> None:
    """Upstream has forty lines of the patch and another limit: dropped, the limit is lost in the crowd."""
    block = "    if (len > 100)\n        return -E2BIG;\n    body(ctx);\n" + SETUP.replace("setup", "mid")
    text = function(block)
    filled = text.replace("    finish_0(ctx);\n", "".join(STATEMENTS) + "    finish_0(ctx);\n")
    after, target = ({CODE: filled.replace("len > 100", f"len > {limit}")} for limit in (64, 4096))
    stays(by_trees(patch_of({CODE: text}, after), {CODE: text}, target))


def test_unrelated_lines_do_not_stand_for_a_missing_guard() -> None:
    """Where the guard should be stand three other lines: dropped for the twelve around them, anyone may call."""
    first, second = "".join(STATEMENTS[:6]), "".join(STATEMENTS[6:12])
    guard = "    if (!may_administer(ctx))\n        return -EPERM;\n    audit_log_request(ctx);\n"
    others = "    trace_enter(ctx);\n    stats_bump(ctx);\n    debug_print(ctx);\n"
    base, after = {CODE: function("")}, {CODE: function(first + guard + second)}
    stays(by_trees(patch_of(base, after), base, {CODE: function(first + others + second)}))


# Modes and names beside a text that upstream has.


def test_the_mode_counts_where_the_text_drifted() -> None:
    """Upstream has the line and not the mode: dropped, the script cannot be run."""
    text = b"A patch.\n\ndiff --git a/s.sh b/s.sh\nold mode 100644\nnew mode 100755\n--- a/s.sh\n+++ b/s.sh\n"
    text += b"@@ -1,2 +1,3 @@\n #!/bin/sh\n echo one thing\n+echo another thing\n"
    base = {"s.sh": "#!/bin/sh\necho one thing\n"}
    stays(by_trees(written(text), base, {"s.sh": "#!/bin/sh\necho one thing more\necho another thing\n"}))


def test_the_new_name_counts_where_the_text_drifted() -> None:
    """Upstream has the edit under the old name: dropped, whatever builds the new name finds no file."""
    hunk = TABLE_HUNK[TABLE_HUNK.index(b"@@") :]
    text = b"A patch.\n\ndiff --git a/old.c b/new.c\nsimilarity index 90%\nrename from old.c\nrename to new.c\n"
    text += b"--- a/old.c\n+++ b/new.c\n" + hunk
    stays(by_trees(written(text), {"old.c": TABLE}, {"old.c": SAFE_TABLE.replace("compute_6()", "compute_66()")}))


# What the weights do not see.

CASES = (
    "    switch (ctx->kind) {\n    case 1:\n        first_kind(ctx);\n%s    case 2:\n        second_kind(ctx);\n    }\n"
)
MANY = "".join(STATEMENTS[:6])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("short", ["        break;\n", "        return -1;\n"])
def test_a_hunk_of_words_that_weigh_nothing_counts(short: str, mode: str, tmp_path: Path) -> None:
    """Upstream has the large hunk, and not the one line that ends the case: dropped, the first kind is also the
    second."""
    base = {CODE: function(CASES % "", setup=SETUP + MANY[:0])}
    after = {CODE: function(CASES % short, setup=MANY + SETUP)}
    target = {CODE: function(CASES % "", setup=MANY + SETUP)}
    stays(by(mode, tmp_path, base, after, target))


def test_a_new_function_that_checks_after_the_use_is_another_one() -> None:
    """Upstream's function has the same lines, the guard below what it guards."""
    head, tail = "static int copy_in(struct ctx *ctx, int wanted)\n{\n", "    note_request(ctx);\n    return 0;\n}\n\n"
    use = "    memcpy(ctx->room, ctx->from, wanted);\n"
    base = {CODE: function("")}
    after, target = ({CODE: head + body + tail + function("")} for body in (GUARD + use, use + GUARD))
    stays(by_trees(patch_of(base, after), base, target))


@pytest.mark.parametrize(
    "more", ["wanted + 1 > limit", "wanted > limit * 2", "wanted > limit == 1", "(int) wanted > limit"]
)
def test_what_a_line_gained_may_be_all_that_matters(more: str) -> None:
    """Every word of the patch's line is there, and an operator or a number more."""
    block = "".join(STATEMENTS[:4]) + GUARD
    base, after = {CODE: function("")}, {CODE: function(block)}
    target = {CODE: function(block.replace("wanted > limit", more))}
    stays(by_trees(patch_of(base, after), base, target))


@pytest.mark.parametrize(
    ("mine", "theirs"), [("strlcpy", "strcpy"), ("bounded", "wanted"), ("write_lock", "read_lock")]
)
def test_another_name_is_another_change(mine: str, theirs: str) -> None:
    block = "".join(STATEMENTS[:6]) + f"    {mine}(ctx->name, ctx->from, ctx->size);\n"
    base, after = {CODE: function("")}, {CODE: function(block)}
    target = {CODE: function(block.replace(mine, theirs))}
    stays(by_trees(patch_of(base, after), base, target))


def test_a_new_file_is_not_there_because_another_one_has_its_content() -> None:
    """Two services may share their rules; the release has those of the one."""
    rules = "auth required pam_faillock.so\nauth required pam_unix.so\n"
    base = {"pam.d/other": "x\n"}
    after = {**base, "pam.d/sudo": rules}
    stays(by_trees(patch_of(base, after), base, {**base, "pam.d/login": rules}))


@pytest.mark.parametrize("drift", ["", "<footer>new</footer>\n"], ids=["as it was", "changed elsewhere"])
def test_a_page_that_still_needs_its_hunk_is_no_documentation(drift: str) -> None:
    """Upstream took the code, and edited the page at another place: dropped, the form has no token."""
    page = "docs/login.html"
    form = "<form>\n%s<input name='user'>\n</form>\n<p>one</p>\n<p>two</p>\n<p>three</p>\n<p>four</p>\n"
    base = {CODE: function(""), page: form % ""}
    after = {CODE: function(AUDITED), page: form % "<input name='token'>\n"}
    target = {CODE: function(AUDITED), page: form % "" + drift}
    stays(by_trees(patch_of(base, after), base, target))


def test_an_expected_output_is_no_configuration() -> None:
    """A new unit that is named after a test, in no folder of expected output, is the product's."""
    unit = "[Service]\nProtectSystem=strict\n"
    base = {CODE: function("")}
    after = {CODE: function(AUDITED), "tests/network.py": "check()\n", "conf/network.conf": unit}
    target = {CODE: function(AUDITED), "tests/network.py": "check()\n"}
    stays(by_trees(patch_of(base, after), base, target))


# A commit that is nearly the patch: what speaks against a match in two trees speaks against its having been taken.

PREPARE = "".join(f"    prepare_step_{i}(ctx, wanted);\n" for i in range(12))
TAKEN_OTHERWISE: dict[str, tuple[str, Files, Files, Files]] = {
    "a check behind the use": (
        CODE,
        {CODE: function("")},
        {CODE: function(GUARD + "    memcpy(ctx->room, ctx->from, wanted);\n" + PREPARE)},
        {CODE: function("    memcpy(ctx->room, ctx->from, wanted);\n" + PREPARE + GUARD)},
    ),
    "one hunk with the other default": (
        CODE,
        {CODE: function("", setup="    int mode = MODE_OPEN_FOR_ALL;\n" + SETUP)},
        {CODE: function(PREPARE, setup="    int mode = MODE_OWNER_ONLY;\n" + SETUP)},
        {CODE: function(PREPARE, setup="    int mode = MODE_GROUP_READS;\n" + SETUP)},
    ),
    "a new file that others may read": (
        "save.py",
        {"rest.py": "x = 1\n"},
        {"rest.py": "x = 1\n", "save.py": "".join(f"step_{i}(data)\n" for i in range(8)) + "os.open(path, 0o600)\n"},
        {"rest.py": "x = 1\n", "save.py": "".join(f"step_{i}(data)\n" for i in range(8)) + "os.open(path, 0o644)\n"},
    ),
    "a line edited that the patch removes": (
        CODE,
        {CODE: function("    trust_all(ctx);\n    skip_verify(ctx);\n    allow_root(ctx);\n")},
        {CODE: function("")},
        {CODE: function("    allow_root(ctx, 1);\n")},
    ),
    "keys under another name": (
        "compose.yml",
        {"compose.yml": "base:\n  image: base\n  tag: one\n"},
        {"compose.yml": "base:\n  image: base\n  tag: one\nweb:\n  image: web\n  read_only: true\n  cap_drop: ALL\n"},
        {
            "compose.yml": "base:\n  image: base\n  tag: one\n"
            "db:\n  read_only: true\n  cap_drop: ALL\nweb:\n  image: web\n"
        },
    ),
    "a new function that is left out": (
        CODE,
        {CODE: function("")},
        {
            CODE: function("")
            + "int check(int a)\n{\n    if (a < 0)\n        return refuse(a);\n    return accept(a);\n}\n"
        },
        {
            CODE: "#if 0\nint check(int a)\n{\n    if (a < 0)\n        return refuse(a);\n"
            "    return accept(a);\n}\n#endif\n" + function("")
        },
    ),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", TAKEN_OTHERWISE)
def test_a_commit_that_took_it_otherwise_did_not_take_it(case: str, mode: str, tmp_path: Path) -> None:
    _, base, after, target = TAKEN_OTHERWISE[case]
    stays(by(mode, tmp_path, base, after, target))


def test_the_call_of_a_large_new_helper_counts() -> None:
    """Upstream has the helper of a hundred lines, and does not call it yet."""
    helper = "".join(f"    clean_field_{i}(ctx, ctx->field_{i});\n" for i in range(100))
    helper = "static void clean(struct ctx *ctx)\n{\n" + helper + "}\n\n"
    base, after = {CODE: function("")}, {CODE: helper + function("    clean(ctx);\n")}
    stays(by_trees(patch_of(base, after), base, {CODE: helper + function("", setup=SETUP + "    other(ctx);\n")}))


@pytest.mark.parametrize("edge", ["above", "below"])
def test_a_line_missing_beside_an_edited_neighbour_is_missing(edge: str) -> None:
    """Upstream's version leaves the guard out, and has the next line in another form."""
    block = GUARD + PREPARE if edge == "above" else PREPARE + GUARD
    near, other = ("setup_7(ctx)", "setup_7(ctx, 1)") if edge == "above" else ("finish_0(ctx)", "finish_0(ctx, 1)")
    base, after = {CODE: function("")}, {CODE: function(block)}
    stays(by_trees(patch_of(base, after), base, {CODE: function(PREPARE).replace(near, other)}))


USE = "    memcpy(ctx->room, ctx->from, wanted);\n"
OLD_CHECK = "    check_as_it_was(ctx);\n"
BEHIND: dict[str, tuple[str, str, str]] = {
    "behind it": (USE, GUARD + USE, USE + GUARD),
    "behind it, another check taken out": (USE + OLD_CHECK, GUARD + USE, USE + GUARD),
    "in place of another check": (OLD_CHECK + USE, GUARD + USE, USE + GUARD),
    "the second use only": (USE + PREPARE, GUARD + USE + PREPARE, USE + GUARD + PREPARE),
    "between two uses": (USE, GUARD + USE, USE + GUARD + USE),
    "between two uses, another check taken out": (USE + OLD_CHECK, GUARD + USE, USE + GUARD + USE),
    "moved, not brought in": (USE + OLD_CHECK + PREPARE, GUARD + USE + PREPARE, USE + GUARD + PREPARE),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("drift", ["", "    drift_nearby(ctx);\n"], ids=["as it was", "drifted"])
@pytest.mark.parametrize("case", BEHIND)
def test_a_check_behind_what_it_checks_is_none(case: str, drift: str, mode: str, tmp_path: Path) -> None:
    """Upstream has the guard, one line further down: behind the use that stood there before the patch."""
    before, after, target = BEHIND[case]
    stays(by(mode, tmp_path, {CODE: function(before)}, {CODE: function(after)}, {CODE: function(drift + target)}))


APPEND = "    append(ctx, (char *) item->name);\n"
NAMED = "    if (item->name)\n        append(ctx, (char *) item->name);\n"


@pytest.mark.parametrize(
    ("there", "drops"), [("(char *) item->name", True), ("(char *) item->title", False), ("ctx->name", False)]
)
def test_what_a_tiny_patch_only_indents_must_be_there(there: str, drops: bool) -> None:
    """All that it adds is the condition; what runs under it is its point as well."""
    later = FINISH.replace("finish_1(ctx)", "finish_1(ctx, 0)").replace("finish_0(ctx)", "finish_0(ctx, 0)")
    target = {
        CODE: function(NAMED.replace("(char *) item->name", there), SETUP.replace("_7(ctx)", "_7(ctx, 1)"), later)
    }
    found = by_trees(patch_of({CODE: function(APPEND)}, {CODE: function(NAMED)}), {CODE: function(APPEND)}, target)
    assert (found.action is Action.DROP) is drops, found.reason
