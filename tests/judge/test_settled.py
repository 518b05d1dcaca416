"""Patches that git's merge gives to a person although nobody needs to decide anything, and beside each rule the case
that looks like it and must be asked."""

from __future__ import annotations

from itertools import pairwise

import pytest

from syncbot.diff.parse import parse_patch
from syncbot.diff.render import render_file
from syncbot.judge import judge_series, new_series, verify_promise
from syncbot.judge.stack import Fitted, Overlay, fit_patch
from syncbot.model.ids import PatchName
from syncbot.model.judgement import SeriesJudgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.trees import FILE, MemoryTree
from syncbot.model.verdicts import Action, Verdict

Files = dict[str, str]


def tree(files: Files) -> MemoryTree:
    return MemoryTree({path: (FILE, text.encode()) for path, text in files.items()})


def patch_of(name: str, before: Files, after: Files) -> SeriesPatch:
    """The patch that leads from these files to those."""
    text = b"A patch.\n\n"
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old != new:
            text += render_file(
                path if old is not None else None,
                path if new is not None else None,
                None if old is None else old.encode(),
                None if new is None else new.encode(),
                None if old is None else FILE,
                None if new is None else FILE,
            )
    return SeriesPatch(PatchName(name), text)


def judged(base: Files, target: Files, *steps: Files) -> tuple[SeriesJudgement, Files]:
    """The judgement of a series whose patches lead from step to step, and the release with the new series on it."""
    stages = [base, *steps]
    series = [patch_of(f"{n}.patch", a, b) for n, (a, b) in enumerate(pairwise(stages), 1)]
    answer = judge_series(series, tree(base), tree(target))
    verify_promise(series, tree(base), tree(target), answer)
    stack = Overlay(tree(target))
    for entry in new_series(series, answer):
        if not entry.waiting:
            fitted = fit_patch(parse_patch(entry.content, entry.strip, stack.exists), stack, fuzz=0)
            assert isinstance(fitted, Fitted)
            stack.apply(fitted.changes)
    return answer, {path: (stack.read(path) or b"").decode() for path in stack.paths()}


def settles(path: str, base: str, after: str, target: str, wanted: str) -> None:
    answer, files = judged({path: base}, {path: target}, {path: after})
    assert answer.patches[0].action in (Action.KEEP, Action.REWRITE), answer.patches[0].reason
    assert files[path] == wanted


def asks(path: str, base: str, after: str, target: str) -> None:
    answer, files = judged({path: base}, {path: target}, {path: after})
    assert answer.patches[0].action is Action.ASK, f"{answer.patches[0].reason}\n{files[path]}"


# Files in which `%s` is the place. What stands around it is long enough for any alignment.

ABOVE = "".join(f"int above_{i}(struct ctx *ctx);\n" for i in range(6))
BELOW = "".join(f"int below_{i}(struct ctx *ctx);\n" for i in range(6))


def within(head: str, tail: str) -> str:
    return ABOVE + head + "%s" + tail + BELOW


TABLE = within('static const struct cmd cmds[] = {\n\t{ "addr", do_addr },\n\t{ "help", do_help },\n', "\t{ 0 }\n};\n")
ENUM = within("enum status {\n\tSTATUS_GOOD,\n\tSTATUS_LATE,\n", "};\n")
CALL = within('\trender(page,\n\t       "title",\n\t       first_name,\n', "\t       last_name);\n")
BODY = within("int run(struct ctx *ctx)\n{\n\tprepare(ctx);\n\tstart(ctx);\n", "\tfinish(ctx);\n\treturn 0;\n}\n")
INCLUDES = within('#include "a.h"\n#include "b.h"\n', "\nint x;\n")
LOCALS = within("int run(void)\n{\n\tint i;\n\tchar *line;\n", "\n\ti = 0;\n\tline = read_line();\n\treturn i;\n}\n")
UNIT = "[Unit]\nDescription=Check\nBefore=local.target\n%s\n[Service]\nType=oneshot\nExecStart=/bin/check\n"
OBJECTS = "OBJS = main.o \\\n\tread.o \\\n%s\twrite.o\n\nall: tool\n\ntool: $(OBJS)\n\t$(CC) -o $@ $(OBJS)\n"
LIBRARIES = OBJECTS.replace("read.o", "-lread").replace("write.o", "-lwrite")
AUTHORS = "Authors\n=======\n\n * Ann Ames\n * Bob Burr\n%s * Sam Sill\n * Tom Teal\n"
KCONFIG = 'config CLOCK\n\tbool "clock"\n\tdefault y\n%s\thelp\n\tReads the clock.\n'
DEFINED = within("int first(void)\n{\n\treturn 1;\n}\n\n", "int last(void)\n{\n\treturn 9;\n}\n\n")
METHODS = "class T:\n    def test_a(self):\n        self.check(1)\n\n%s    def test_z(self):\n        self.check(26)\n"


def function(name: str) -> str:
    return f"int {name}(void)\n{{\n\treturn {name}_value;\n}}\n\n"


def method(name: str) -> str:
    return f"    def test_{name}(self):\n        self.check({name}_case)\n\n"


BOTH_INSERT = {
    "rows of a table": ("a.c", TABLE, '\t{ "moo", do_moo },\n', '\t{ "stats", do_stats },\n'),
    "values of an enumeration": ("a.h", ENUM, "\tSTATUS_MINE,\n", "\tSTATUS_THEIRS,\n"),
    "included files": ("a.c", INCLUDES, '#include "mine.h"\n', '#include "theirs.h"\n'),
    "variables": ("a.c", LOCALS, "\tsize_t mine;\n", "\tlong theirs;\n"),
    "conditions of a unit": ("a.service", UNIT, "ConditionPathExists=!/run/done\n", "OnFailure=emergency.target\n"),
    "objects to build": ("Makefile", OBJECTS, "\tmine.o \\\n", "\ttheirs.o \\\n"),
    "names": ("AUTHORS", AUTHORS, " * Mia Mine\n", " * Una Upstream\n"),
    "attributes of an option": ("Config.in", KCONFIG, "\tdepends on LINUX\n", "\tselect LONG_OPTS\n"),
    "functions": ("a.c", DEFINED, function("mine"), function("theirs")),
    "methods": ("test_it.py", METHODS, method("mine"), method("theirs")),
}


@pytest.mark.parametrize("what", BOTH_INSERT)
def test_both_sides_insert_what_has_no_order(what: str) -> None:
    """Neither can mean anything to the other. Upstream's comes first: its order is released already."""
    path, text, ours, theirs = BOTH_INSERT[what]
    settles(path, text % "", text % ours, text % theirs, text % (theirs + ours))


BOTH_INSERT_AND_IT_MATTERS = {
    "arguments of a call": ("a.c", CALL, "\t       middle_name,\n", "\t       maiden_name,\n"),
    "statements": ("a.c", BODY, "\tcheck_limits(ctx);\n", "\tswap_buffers(ctx);\n"),
    "the same row in another form": ("a.c", TABLE, '\t{ "moo", do_moo },\n', '\t{ "moo", do_moo, FLAG },\n'),
    "the same thing under another name": ("a.c", TABLE, '\t{ "cow", do_moo },\n', '\t{ "moo", do_moo },\n'),
    "the same key": ("a.service", UNIT, "OnFailure=mine.target\n", "OnFailure=emergency.target\n"),
    "libraries, which are linked in order": ("Makefile", LIBRARIES, "\t-lmine \\\n", "\t-ltheirs \\\n"),
    "sentences": ("README.md", AUTHORS, "Please read this.\n", "All rights reserved.\n"),
    "functions of one name": ("a.c", DEFINED, function("mine"), function("mine").replace("_value", "_other")),
    "half a function": ("a.c", BODY, "\treturn 1;\n}\n\nint other(void)\n{\n", "\tswap_buffers(ctx);\n"),
}


@pytest.mark.parametrize("what", BOTH_INSERT_AND_IT_MATTERS)
def test_both_sides_insert_and_the_order_or_the_choice_is_a_persons(what: str) -> None:
    path, text, ours, theirs = BOTH_INSERT_AND_IT_MATTERS[what]
    asks(path, text % "", text % ours, text % theirs)


def test_both_sides_add_items_after_the_last_one() -> None:
    """The last item has no comma, so both sides change its line, in the same way."""
    text = within("enum status {\n\tSTATUS_GOOD,\n", "};\n")
    ours, theirs = "\tSTATUS_LATE,\n\tSTATUS_MINE\n", "\tSTATUS_LATE,\n\tSTATUS_THEIRS\n"
    wanted = "\tSTATUS_LATE,\n\tSTATUS_THEIRS,\n\tSTATUS_MINE\n"
    settles("a.h", text % "\tSTATUS_LATE\n", text % ours, text % theirs, text % wanted)


def test_both_sides_add_the_same_item_after_the_last_one() -> None:
    text = within("enum status {\n\tSTATUS_GOOD,\n", "};\n")
    ours, theirs = "\tSTATUS_LATE,\n\tSTATUS_LOST = 7\n", "\tSTATUS_LATE,\n\tSTATUS_LOST = 8\n"
    asks("a.h", text % "\tSTATUS_LATE\n", text % ours, text % theirs)


# Upstream changed what is next to it.


def test_a_row_goes_and_upstream_put_another_next_to_it() -> None:
    row = '\t{ "moo", do_moo },\n'
    settles("a.c", TABLE % row, TABLE % "", TABLE % (row + '\t{ "new", do_new },\n'), TABLE % '\t{ "new", do_new },\n')


def test_a_row_goes_that_upstream_changed() -> None:
    asks("a.c", TABLE % '\t{ "moo", do_moo },\n', TABLE % "", TABLE % '\t{ "moo", do_moo_twice },\n')


def test_a_declaration_next_to_one_that_upstream_changed() -> None:
    base, target = LOCALS.replace("char *line", "char c"), LOCALS.replace("char *line", "int c")
    settles("a.c", base % "", base % "\tsize_t size;\n", target % "", target % "\tsize_t size;\n")


def test_a_guard_next_to_a_statement_that_upstream_changed() -> None:
    """Upstream's new statement may be its own way to do what the guard does."""
    target = BODY.replace("start(ctx);", "start_checked(ctx);") % ""
    asks("a.c", BODY % "", BODY % "\tif (ctx->late)\n\t\treturn -1;\n", target)


USE = "\tuse_old_way(ctx);\n\tuse_it_again(ctx);\n"
LATE = "\tif (ctx->late)\n\t\treturn -1;\n"


def test_what_stood_below_is_gone_and_nothing_came() -> None:
    """There is one place left between what stands above and what stands below."""
    base, after = {"a.c": BODY % USE, "b.c": INCLUDES % ""}, {"a.c": BODY % (LATE + USE), "b.c": INCLUDES % "int y;\n"}
    answer, files = judged(base, {**base, "a.c": BODY % ""}, after)
    assert answer.patches[0].verdict is Verdict.REFRESH, answer.patches[0].reason
    assert files == {**after, "a.c": BODY % LATE}


def test_all_that_it_does_stood_above_what_is_gone() -> None:
    """Then what it was for may be gone too."""
    asks("a.c", BODY % USE, BODY % (LATE + USE), BODY % "")


def test_the_braces_that_it_stood_in_are_gone() -> None:
    """The line would stand under the condition, and what the condition was for would not."""
    base = BODY % "\tif (!ctx->host)\n\t\t{\n%s\t\t  return -1;\n\t\t}\n"
    target = BODY % "\tif (!ctx->host)\n\t\t  return -1;\n"
    asks("a.c", base % "", base % '\t\t  error("no host");\n', target)


# Another function that looks alike.

LONG = "\tstruct req *r = ctx->req;\n\tsize_t n = r->len;\n\tprepare(ctx);\n%s\tcopy(ctx, r, n);\n\tcommit(ctx);\n"
OTHER = "\tlegacy_prepare(ctx);\n\tlegacy_copy(ctx);\n"
SIZE = "\tif (n > sizeof(ctx->buf))\n\t\treturn -E2BIG;\n"


def named(name: str, body: str) -> str:
    return f"int {name}(struct ctx *ctx)\n{{\n{body}\treturn 0;\n}}\n\n"


@pytest.mark.parametrize("guard", ["", SIZE], ids=["without the guard", "with the guard"])
def test_the_body_went_to_a_new_function(guard: str) -> None:
    """The old function is there, with another body: the patch must neither follow the lines nor count as merged."""
    target = ABOVE + named("run", OTHER) + named("run_new", LONG % guard) + BELOW
    asks("a.c", ABOVE + named("run", LONG % "") + BELOW, ABOVE + named("run", LONG % SIZE) + BELOW, target)


# White space.


def test_upstream_took_out_white_space_at_the_end() -> None:
    line = "\tif (failed(ctx))%s\n\t\tclean(ctx);\n"
    after = BODY % "\tif (failed(ctx) || ctx->late)\n\t\tclean(ctx);\n"
    settles("a.c", BODY % (line % " "), after, BODY % (line % ""), after)


def spaces(text: str) -> str:
    return text.replace("\t", "        ")


def test_upstream_indents_the_file_in_another_way() -> None:
    guard = "\tif (ctx->late)\n\t\treturn -1;\n"
    # the guard's first line goes with its neighbours; its second has none that says how
    settles(
        "a.c", BODY % "", BODY % guard, spaces(BODY % ""), spaces(BODY) % "        if (ctx->late)\n\t\treturn -1;\n"
    )


def test_upstream_indents_python_in_another_way() -> None:
    """There the white space is the program."""
    text = METHODS % ""
    after = text.replace("        self.check(26)\n", "        self.open()\n        self.check(26)\n")
    asks("test_it.py", text, after, text.replace("    ", "\t"))


def test_upstream_put_it_under_a_condition() -> None:
    """The line is the same but for its white space; what replaces it would hold under the condition alone."""
    line, new = "\tctx->name = copy(name);\n", "\tctx->name = copy_all(name);\n"
    asks("a.c", BODY % line, BODY % new, BODY % ("\tif (name[0] == 0)\n\t\tclear(ctx);\n\telse\n\t" + line))


# Stacks.

GUARD = "\tif (ctx->late) {\n\t\twarn_late(ctx);\n\t\treturn -ELATE;\n\t}\n"
MORE = GUARD.replace("\t\twarn_late(ctx);\n", "\t\tcount_late(ctx);\n\t\twarn_late(ctx);\n")


def on_a_waiting_one(target: str) -> tuple[Action, Action]:
    """What is done about a guard and about a second patch, made within or next to it."""
    base, first = {"a.c": BODY % ""}, {"a.c": BODY % GUARD}
    answer, _ = judged(base, {"a.c": target}, first, {"a.c": BODY % MORE})
    return answer.patches[0].action, answer.patches[1].action


def test_it_stands_on_a_part_of_a_waiting_patch() -> None:
    """Upstream has the guard with another error: what the second means there is unknown."""
    first, second = on_a_waiting_one(BODY % GUARD.replace("return -ELATE", "return fail_late(ctx, 5)"))
    assert (first, second) == (Action.ASK, Action.ASK)


def test_it_stands_on_what_the_release_has_of_a_waiting_patch() -> None:
    """The first one's guard is upstream and its limit conflicts: the second needs the guard alone."""
    text = "\tctx->limit = %d;\n" + INCLUDES % "" + "%s"
    base, target = text % (100, BODY % ""), text % (4096, BODY % GUARD)
    answer, files = judged(
        {"a.c": base}, {"a.c": target}, {"a.c": text % (64, BODY % GUARD)}, {"a.c": text % (64, BODY % MORE)}
    )
    assert [patch.action.waits for patch in answer.patches] == [True, False], [p.reason for p in answer.patches]
    assert answer.patches[1].blocked_by == ()
    assert files["a.c"] == text % (4096, BODY % MORE)


def test_it_stood_next_to_a_waiting_patch_of_which_the_release_has_nothing() -> None:
    """It goes above the line that it always stood above: no other place is left."""
    text = "\tctx->limit = %d;\n" + INCLUDES % "" + BODY
    base, target = text % (100, ""), text % (4096, "")
    first, second = "\taudit_start(ctx);\n", "\taudit_end(ctx);\n"
    answer, files = judged(
        {"a.c": base}, {"a.c": target}, {"a.c": text % (64, first)}, {"a.c": text % (64, first + second)}
    )
    assert [patch.action.waits for patch in answer.patches] == [True, False], [p.reason for p in answer.patches]
    assert files["a.c"] == text % (4096, second)


def test_it_stands_next_to_a_line_that_a_waiting_patch_and_upstream_both_changed() -> None:
    start = "\tctx->limit = 100;\n"
    first, second, theirs = start.replace("100", "64"), "\taudit(ctx);\n", start.replace("100", "4096")
    steps = ({"a.c": BODY % first}, {"a.c": BODY % (first + second)})
    answer, files = judged({"a.c": BODY % start}, {"a.c": BODY % theirs}, *steps)
    assert (answer.patches[1].action, answer.patches[1].blocked_by) == (Action.ASK, ("1.patch",))
    assert files["a.c"] == BODY % theirs


def test_a_file_that_only_a_waiting_patch_has_is_not_gone_from_upstream() -> None:
    """The release never had it: nobody must be told that upstream deleted it."""
    base, new = {"a.c": BODY % "\tctx->limit = 100;\n"}, {"new.c": DEFINED % ""}
    first = {"a.c": BODY % "\tctx->limit = 64;\n", **new}
    target = {"a.c": BODY % "\tctx->limit = 4096;\n"}
    answer, _ = judged(base, target, first, {**first, "new.c": DEFINED % function("more")})
    second = answer.patches[1]
    assert (second.verdict, second.action) == (Verdict.CONFLICT, Action.ASK), second.reason
    assert second.blocked_by == ("1.patch",)


# Files.


def test_a_file_that_became_a_template_is_the_same_file() -> None:
    text = UNIT + "".join(f"Environment=NAME_{i}={i}\n" for i in range(8))
    template = text.replace("/bin", "@BINDIR@")
    rest, line = {"x": "1\n"}, "After=time.target\n"
    answer, files = judged(
        {"a.conf": text % "", **rest}, {"a.conf.in": template % "", **rest}, {"a.conf": text % line, **rest}
    )
    assert answer.patches[0].action is Action.REWRITE, answer.patches[0].reason
    assert files["a.conf.in"] == template % line


def test_both_sides_moved_the_file() -> None:
    """Upstream's file of the new name is another one, and the old one lives on under a third."""
    text = TABLE % ""
    rename = b"x\n\ndiff --git a/conf/a.c b/conf/b.c\nsimilarity index 100%\nrename from conf/a.c\nrename to conf/b.c\n"
    series = [SeriesPatch(PatchName("1.patch"), rename)]
    target = {"conf/b.c": "int other;\n", "etc/a.c": text}
    assert judge_series(series, tree({"conf/a.c": text}), tree(target)).patches[0].action is Action.ASK


@pytest.mark.parametrize(("new", "there"), [("new", "new/y"), ("new/y", "new")])
def test_a_file_cannot_be_added_where_a_folder_stands(new: str, there: str) -> None:
    answer, _ = judged({"a": "1\n"}, {"a": "1\n", there: "1\n"}, {"a": "1\n", new: "x\n"})
    assert answer.patches[0].action is Action.ASK


# Merged in another form: carried on, it would stand beside upstream's.

ITERATE = "".join(f"int iterate_{i}(struct list *list, int start_{i});\n" for i in range(6))


def test_most_of_what_it_adds_is_there() -> None:
    """It merges, at the place that upstream did not choose."""
    answer, _ = judged({"a.h": ABOVE + BELOW}, {"a.h": ITERATE + ABOVE + BELOW}, {"a.h": ABOVE + ITERATE + BELOW})
    assert answer.patches[0].action not in (Action.KEEP, Action.REWRITE), answer.patches[0].reason


def test_its_test_is_there_and_its_code_is_not() -> None:
    """Upstream fixed it in another way, and tests it as the patch does but for the last line."""
    tests = METHODS % ""
    new = "    def test_late(self):\n        late = self.start(late=True)\n        self.refuse(late)\n"
    base = {"a.c": BODY % "", "tests/test_a.py": tests}
    after = {"a.c": BODY % GUARD, "tests/test_a.py": METHODS % (new + "        self.drop(late)\n\n")}
    target = {"a.c": BODY % "", "tests/test_a.py": tests + "\n" + new + "        self.forget(late)\n"}
    answer, _ = judged(base, target, after)
    assert answer.patches[0].action is Action.ASK, answer.patches[0].reason


def test_what_it_moves_is_moved_already_to_another_place() -> None:
    """Merged, the line would stand there twice: at upstream's place and at the patch's."""
    row = '\t{ "moo", do_moo },\n'
    one, two, three = (f"struct cmd {name}[] = {{\n%s\t{{ 0 }}\n}};\n" for name in ("one", "two", "three"))
    text = ABOVE + one + BELOW + two + ITERATE + three
    answer, _ = judged({"a.c": text % (row, "", "")}, {"a.c": text % ("", "", row)}, {"a.c": text % ("", row, "")})
    assert answer.patches[0].action is Action.ASK, answer.patches[0].reason
