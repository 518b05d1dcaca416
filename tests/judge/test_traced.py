"""What upstream did to a merged patch afterwards: what was developed further is dropped, what was undone is not.

Each rule of `traced` stands beside its counter-case, a history that looks nearly the same and in which a drop would
lose the patch.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from test_hostile import CODE, FINISH, GUARD, SETUP, Files, by_history, function, patch_of, stays

from syncbot.model.judgement import Judgement
from syncbot.model.verdicts import Action, Fit, Proof, Verdict

HEAD = "int run(struct ctx *ctx)\n"
OTHERS = "".join(
    f"int other_{n}(struct ctx *ctx)\n{{\n    first_{n}(ctx);\n    second_{n}(ctx);\n    third_{n}(ctx);\n}}\n\n"
    for n in range(4)
)
CHECKED = (
    "    if (wanted > ctx->limit) {\n"
    '        log_warning("wanted %zu of %zu", wanted, ctx->limit);\n'
    "        count_refusal(ctx, wanted);\n"
    "        return -E2BIG;\n"
    "    }\n"
)
LONG = CHECKED + "".join(f"    prepare_{n}(ctx, wanted, &state->part_{n});\n" for n in range(8))


def run(middle: str, others: str = OTHERS, setup: str = SETUP, finish: str = FINISH) -> Files:
    return {CODE: others + function(middle, setup, finish)}


def judged(tmp_path: Path, middle: str, *later: Files, base: Files | None = None) -> Judgement:
    """The patch that adds `middle`, which upstream merged as it is, and what its later commits made of it."""
    start = base or run("")
    after = run(middle)
    commits = [("Merge the check", after), *((f"Step {n}", files) for n, files in enumerate(later))]
    return by_history(tmp_path, patch_of(start, after), start, *commits)


def goes(judgement: Judgement) -> None:
    said = f"{judgement.verdict}/{judgement.action}/{judgement.proof}: {judgement.reason}"
    assert (judgement.action, judgement.proof) == (Action.DROP, Proof.TRACED), said
    assert judgement.absorbed_by is not None


# A later edit goes on from the merged line.

EDITS = {
    "another message": CHECKED.replace("wanted %zu of %zu", "wanted %zu of at most %zu"),
    "one more argument": CHECKED.replace("count_refusal(ctx, wanted)", "count_refusal(ctx, wanted, ctx->owner)"),
    "a name": CHECKED.replace("log_warning(", "log_refusal("),
    "another error": CHECKED.replace("-E2BIG", "-EMSGSIZE"),
    "one line written anew": CHECKED.replace("count_refusal(ctx, wanted);", "ctx->stats.refused += 1;"),
}


@pytest.mark.parametrize("how", EDITS)
def test_what_was_edited_further_is_upstreams(how: str, tmp_path: Path) -> None:
    goes(judged(tmp_path, CHECKED, run(EDITS[how])))


TURNS = {
    "switched off": (CHECKED, "if (wanted", "if (0 && wanted"),
    "only where asked for": (CHECKED, "if (wanted", "if (ctx->strict && wanted"),
    "the other way round": (CHECKED, "wanted > ctx->limit)", "wanted < ctx->limit)"),
    "without its main line": (CHECKED, "        return -E2BIG;\n", ""),
    "a limit that never holds": (GUARD, "> limit)", "> limit * 1000)"),
    "without its teeth": (GUARD, "return -E2BIG;", "trace_it(ctx);"),
}


@pytest.mark.parametrize("how", TURNS)
def test_an_edit_that_turns_a_small_check_is_no_further_development(how: str, tmp_path: Path) -> None:
    """Dropped for the merged commit, the product would have the check in name only."""
    merged, old, new = TURNS[how]
    nearby = SETUP.replace("setup_7(ctx)", "setup_7(ctx, 0)")
    stays(judged(tmp_path, merged, run(merged.replace(old, new), setup=nearby)))


def test_one_altered_word_in_a_tiny_patch_is_a_persons_question(tmp_path: Path) -> None:
    """All that the patch is for may be that word."""
    later = run(GUARD.replace("-E2BIG", "-EINTR"), setup=SETUP.replace("setup_7(ctx)", "setup_7(ctx, 0)"))
    stays(judged(tmp_path, GUARD, later))


# Taken out with what it stood in, or alone.


def test_what_went_with_its_function_is_upstreams(tmp_path: Path) -> None:
    goes(judged(tmp_path, LONG, {CODE: OTHERS + "int last;\n"}))


def test_what_went_with_its_file_is_upstreams(tmp_path: Path) -> None:
    goes(judged(tmp_path, LONG, {"other.c": "int unrelated_thing;\n"}))


@pytest.mark.parametrize("name", ["walk.c", "lib/run.c"])
def test_a_file_that_went_on_without_it_did_not_take_it_along(name: str, tmp_path: Path) -> None:
    """Upstream moved the file and left the check out: dropped, the moved code has none."""
    stays(judged(tmp_path, LONG, {name: run("")[CODE]}))


def test_a_function_that_went_on_elsewhere_without_it_did_not_take_it_along(tmp_path: Path) -> None:
    moved = {CODE: OTHERS, "walk.c": "#include <walk.h>\n\n" + function("")}
    stays(judged(tmp_path, LONG, moved))


def test_a_function_that_moved_with_it_is_upstreams(tmp_path: Path) -> None:
    goes(judged(tmp_path, LONG, {CODE: OTHERS, "walk.c": "#include <walk.h>\n\n" + function(LONG)}))


@pytest.mark.parametrize(
    ("text", "drops"), [(LONG.replace("prepare_7(", "prepare_last("), True), (LONG[len(CHECKED) :], False)]
)
def test_a_file_is_followed_through_a_move_of_hundreds(text: str, drops: bool, tmp_path: Path) -> None:
    """Upstream moved all of its files at once, each to its own name, and worked on: edited, or without the check."""
    crowd = {f"src/part_{n:03}.c": f"int part_{n};\n" for n in range(240)}

    def tree(folder: str, middle: str) -> Files:
        moved = {path.replace("src/", folder): content for path, content in crowd.items()}
        return {**moved, f"{folder}zone.c": run(middle)[CODE]}

    base, after = tree("src/", ""), tree("src/", LONG)
    commits = [("Check", after), ("Move all to core", tree("src/core/", LONG)), ("Go on", tree("src/core/", text))]
    found = by_history(tmp_path, patch_of(base, after), base, *commits)
    goes(found) if drops else stays(found)


def test_a_moved_function_is_followed_to_where_it_was_taken_out(tmp_path: Path) -> None:
    there = "#include <walk.h>\n\n"
    stays(
        judged(
            tmp_path,
            LONG,
            {CODE: OTHERS, "walk.c": there + function(LONG)},
            {CODE: OTHERS, "walk.c": there + function("")},
        )
    )


def test_a_new_file_that_was_taken_out_again_was_undone(tmp_path: Path) -> None:
    """There is nothing that it could have gone with: the file is the patch."""
    base: Files = {CODE: function("")}
    after = {**base, "guard.c": function(LONG)}
    stays(by_history(tmp_path, patch_of(base, after), base, ("Add the guard", after), ("Tidy", base)))


@pytest.mark.parametrize(("others", "verdict"), [(0, Verdict.REVERTED), (2, Verdict.REVERTED), (6, Verdict.SUPERSEDED)])
def test_a_new_file_that_went_with_its_folder_was_not_taken_back(others: int, verdict: Verdict, tmp_path: Path) -> None:
    """Upstream gave up all that the folder was for. Said to be reverted, the patch would be carried on, for it applies:
    a person is asked. Where the file goes alone, it was taken back."""
    steps: Files = {f"steps/step_{n}.c": function(f"    step_{n}(ctx);\n") for n in range(6)}
    base: Files = {CODE: function(""), **steps}
    after = {**base, "steps/limits.c": function(LONG)}
    left = {path: text for n, (path, text) in enumerate(base.items()) if path == CODE or n > others}
    found = by_history(tmp_path, patch_of(base, after), base, ("Add a step", after), ("Give up the old steps", left))
    assert found.verdict is verdict, found.reason
    assert verdict is Verdict.REVERTED or found.action is Action.ASK


@pytest.mark.parametrize("message", ["Give it up", 'Revert "Add the steps"'])
@pytest.mark.parametrize("taken", [5, 1])
def test_new_files_that_go_as_they_came_were_taken_back(taken: int, message: str, tmp_path: Path) -> None:
    """All files of the folder came with one commit, of which the patch took all or but one, and they go together."""
    steps: Files = {f"steps/step_{n}.c": function(LONG.replace("prepare_", f"step_{n}_")) for n in range(5)}
    base: Files = {CODE: function("")}
    patch = patch_of(base, {**base, **dict(list(steps.items())[:taken])})
    found = by_history(tmp_path, patch, base, ("Add the steps", {**base, **steps}), (message, base))
    assert found.verdict is Verdict.REVERTED, found.reason


@pytest.mark.parametrize("noise", ["none", "neighbours edited", "another function"])
def test_one_change_of_a_large_patch_that_was_undone_keeps_it_all(noise: str, tmp_path: Path) -> None:
    """Alone, or among other edits: nine tenths of the patch stand, and what is gone may be what it is for."""
    finish = FINISH.replace("    finish_4", "    check_again(ctx, wanted);\n    finish_4")
    base, after = run(""), run(LONG, finish=finish)
    undone = run(LONG)
    if noise == "neighbours edited":
        undone = run(LONG, finish=FINISH.replace("finish_3(ctx)", "finish_3(ctx, 1)"))
    if noise == "another function":
        undone = run(LONG, others=OTHERS.replace("second_2(ctx)", "second_2(ctx, 1)"))
    stays(by_history(tmp_path, patch_of(base, after), base, ("Merge", after), ("Tidy", undone)))


# Taken out among other work: nobody can tell a choice from a fix that a late merge lost.

NEWS = "".join(f"    publish_{n}(ctx, news->item_{n});\n" for n in range(40))
AGAIN = FINISH.replace("    finish_4", "    check_again(ctx, wanted);\n    finish_4")


def in_passing(tmp_path: Path, later: Files, middle: str = LONG) -> Judgement:
    """A patch with a change apart from the others, merged as it is, and what the next commit left of it."""
    base, after = run(""), run(middle, finish=AGAIN)
    return by_history(tmp_path, patch_of(base, after), base, ("Merge", after), ("Publish the news", later))


def news(lines: str) -> str:
    return OTHERS + "int publish(struct ctx *ctx, struct news *news)\n{\n" + lines + "}\n\n"


BESIDES: dict[str, Files] = {
    "much": run(LONG, others=news(NEWS)),
    "a few lines": run(LONG, others=news("    publish(ctx);\n    news(ctx);\n")),
    "only tests": {**run(LONG), "tests/test_news.c": news(NEWS)},
    "only what it says itself, elsewhere": run(LONG, others=news(LONG)),
    "a whole release": run(LONG, others="".join(news(NEWS.replace("news->", f"news->of_{n}_")) for n in range(20))),
    "everything": {**run(LONG), **{f"src/part_{n}.c": news(NEWS) for n in range(61)}},
    "much, and the check itself went": run(LONG.replace(CHECKED, ""), others=news(NEWS)),
}


@pytest.mark.parametrize("what", BESIDES)
def test_a_part_that_was_taken_out_among_other_work_keeps_it_all(what: str, tmp_path: Path) -> None:
    stays(in_passing(tmp_path, BESIDES[what]))


def test_old_code_that_came_back_with_much_other_work_keeps_it_all(tmp_path: Path) -> None:
    """The work was begun on an older version, and its merge put back what the patch had replaced."""
    old, new = "    copy_all(ctx, wanted);\n", "    copy_checked(ctx, wanted, limit);\n"
    finish = {text: FINISH.replace("    finish_4", text + "    finish_4") for text in (old, new)}
    base, after = run("", finish=finish[old]), run(LONG, finish=finish[new])
    later = run(LONG, others=news(NEWS), finish=finish[old])
    stays(by_history(tmp_path, patch_of(base, after), base, ("Merge", after), ("Publish the news", later)))


def test_a_small_check_that_much_other_work_turned_is_a_persons_question(tmp_path: Path) -> None:
    later = run(GUARD.replace("> limit", "< limit"), others=news(NEWS), finish=AGAIN)
    stays(in_passing(tmp_path, later, GUARD))


ASK = """        # First those that are kept, then those that are being made.
        # Nobody else knows of these.
        try:
            found = self.kept.by_names(
                wanted, limit=limit, mark=mark,
                keys=keys, order=order)
            # What comes behind the mark
            # is not looked for again.
            mark = None
        except MarkNotFound:
            # It is none of them: look for it
            # in the others.
            found = Found()
"""
PYTHON_HEAD = (
    "class Owner:\n    def find(self, wanted, limit, mark, keys, order):\n        wanted = self.known(wanted)\n"
)
PYTHON_TAIL = "        more = [one.made for one in found]\n        return self.sorted_by(keys, more)\n"


def test_a_branch_that_went_with_what_the_patch_put_into_it_was_undone(tmp_path: Path) -> None:
    """The patch puts what always ran behind a condition; without both nothing of it runs any more. What it only moved
    or indented is its own as well, and not what its condition stood in."""
    known = "        wanted = self.known(wanted)\n"
    skip = known + "        by_address = wanted.has_address()\n        self.count(by_address, wanted)\n"
    branch = "        # Those that are being made have none.\n        if by_address:\n            found = Found()\n"
    inside = "        else:\n" + "".join("    " + line for line in ASK.splitlines(keepends=True)) + "\n"

    def tree(text: str) -> Files:
        return {"owner.py": PYTHON_HEAD + text + PYTHON_TAIL}

    base, after, later = tree(ASK), tree(branch + inside), tree(branch)
    for files in (after, later):
        files["owner.py"] = files["owner.py"].replace(known, skip)
    later["owner.py"] = later["owner.py"].replace("self.count(by_address, wanted)", "self.count(wanted, by_address)")
    stays(by_history(tmp_path, patch_of(base, after), base, ("Skip it", after), ("Tidy", later)))


# Moved within its file.


def test_a_block_that_was_pulled_out_into_a_helper_is_upstreams(tmp_path: Path) -> None:
    helper = "static int admit(struct ctx *ctx, size_t wanted)\n{\n" + LONG + "    return 0;\n}\n\n"
    goes(judged(tmp_path, LONG, {CODE: OTHERS + helper + function("    admit(ctx, wanted);\n")}))


@pytest.mark.parametrize(("anew", "drops"), [(1, True), (6, False)])
def test_a_block_that_moved_within_its_function_is_upstreams(anew: int, drops: bool, tmp_path: Path) -> None:
    """Its place is as it was before, and merging the patch would write it a second time. Where a line of it was written
    anew it goes on; where half of it was, nobody can tell."""
    steps = "".join(f"    step_{n}(ctx);\n" for n in range(60))
    lines = LONG
    for n in range(anew):
        lines = lines.replace(f"prepare_{n}(ctx, wanted, &state->part_{n});", f"queue_up({n});")
    base, after, moved, edited = (
        run(here, finish=steps + there + FINISH) for here, there in (("", ""), (LONG, ""), ("", LONG), ("", lines))
    )
    commits = [("Merge the check", after), ("Check later", moved), ("Queue", edited)]
    found = by_history(tmp_path, patch_of(base, after), base, *commits)
    goes(found) if drops else stays(found)


def test_a_merged_block_that_applies_again_is_never_kept_in_silence(tmp_path: Path) -> None:
    """Upstream has it, further down and in half of its lines another: kept, the check would stand there twice."""
    steps = "".join(f"    step_{n}(ctx);\n" for n in range(60))
    half = LONG[: len(LONG) // 2].rpartition("\n")[0] + "\n"
    base, after, later = (run(m, finish=steps + t + FINISH) for m, t in (("", ""), (LONG, ""), ("", half)))
    found = by_history(tmp_path, patch_of(base, after), base, ("Merge the check", after), ("Half of it", later))
    assert (found.verdict, found.action, found.fit) == (Verdict.SUPERSEDED, Action.ASK, Fit.EXACT), found.reason


def test_a_block_that_moved_to_another_function_is_not(tmp_path: Path) -> None:
    """The other function has the check now, and this one has none."""
    others = OTHERS.replace("    second_2(ctx);\n", LONG + "    second_2(ctx);\n")
    stays(judged(tmp_path, LONG, run("", others=others)))


def test_a_new_twin_with_the_block_does_not_stand_for_the_old_one(tmp_path: Path) -> None:
    twin = function(LONG).replace("int run(", "int run_twice(")
    stays(judged(tmp_path, LONG, {CODE: run("")[CODE] + "\n" + twin}))


# The commit's own change, beside the patch's.

FIELD = "{}:\n  description: |\n    {}\n  in: body\n  required: false\n  type: string\n"
FIELDS = "".join(FIELD.format(f"field_{n}", f"What field {n} holds for the caller.") for n in range(6))


def test_a_hunk_that_the_commit_has_to_the_letter_is_at_its_place(tmp_path: Path) -> None:
    """Its lines repeat what stands around them, so that an alignment may lay them on their neighbours'."""
    upload = FIELD.format("field_3_upload", "The same for an upload, where it is another one.")
    base = {"api.yaml": FIELDS}
    after = {"api.yaml": FIELDS.replace("field_4:\n", upload + "field_4:\n")}
    more = FIELD.format("field_3_more", "More of it, which came some years later.")
    target = {"api.yaml": after["api.yaml"].replace("field_3_upload:\n", more + "field_3_upload:\n")}
    goes(by_history(tmp_path, patch_of(base, after), base, ("Upload", after), ("More", target)))


def test_the_same_hunk_in_another_function_is_another_change(tmp_path: Path) -> None:
    """Upstream has the function under another name and wrote the check there; ours came back since, without it."""
    base, after = {CODE: function("")}, {CODE: function(LONG)}
    other = function("").replace("int run(", "int walk(")
    checked = other.replace(FINISH, LONG + FINISH)
    commits = [("Walk", {CODE: other}), ("Check", {CODE: checked}), ("Run", {CODE: checked + "\n" + function("")})]
    stays(by_history(tmp_path, patch_of(base, after), base, *commits))


METHOD = (
    "    def refuse(self, wanted):\n"
    '        """Tell the owner of it."""\n'
    "        if wanted > self.limit:\n"
    "            self.refused.append(wanted)\n"
    "            self.owner.tell_of_refusal(self, wanted)\n"
    "        return len(self.refused)\n\n"
)
METHODS = [f"    def step_{n}(self):\n        return self.do_{n}()\n\n" for n in range(8)]
RUNNER = "class Runner:\n"


def test_a_method_may_stand_anywhere_in_its_class(tmp_path: Path) -> None:
    at_2, at_6 = (RUNNER + "".join([*METHODS[:n], METHOD, *METHODS[n:]]) for n in (2, 6))
    later = at_6.replace("tell_of_refusal(self, wanted)", "tell_of_refusal(self, wanted, True)")
    base, after = {"run.py": RUNNER + "".join(METHODS)}, {"run.py": at_2}
    goes(by_history(tmp_path, patch_of(base, after), base, ("Refuse", {"run.py": at_6}), ("Tell", {"run.py": later})))


def test_a_method_of_another_class_is_another_one(tmp_path: Path) -> None:
    walker = "\nclass Walker:\n" + "".join(METHODS).replace("step", "pace")
    base = {"run.py": RUNNER + "".join(METHODS) + walker}
    after = {"run.py": RUNNER + "".join([*METHODS[:2], METHOD, *METHODS[2:]]) + walker}
    theirs = {"run.py": RUNNER + "".join(METHODS) + walker + METHOD}
    stays(by_history(tmp_path, patch_of(base, after), base, ("Refuse", theirs)))


# What only serves other lines, and what the commit itself left out.

INCLUDE = "#include <limits.h>\n"


def test_an_import_goes_with_what_it_served(tmp_path: Path) -> None:
    base, after = {CODE: "#include <a.h>\n" + run("")[CODE]}, {CODE: "#include <a.h>\n" + INCLUDE + run(LONG)[CODE]}
    reworked = {CODE: "#include <a.h>\n" + run(LONG.replace("prepare_3(ctx, wanted", "ready(ctx, wanted"))[CODE]}
    goes(by_history(tmp_path, patch_of(base, after), base, ("Merge", after), ("Rework", reworked)))


def test_an_import_that_was_taken_out_alone_was_undone(tmp_path: Path) -> None:
    base, after = {CODE: "#include <a.h>\n" + run("")[CODE]}, {CODE: "#include <a.h>\n" + INCLUDE + run(LONG)[CODE]}
    undone = {CODE: "#include <a.h>\n" + run(LONG)[CODE]}
    stays(by_history(tmp_path, patch_of(base, after), base, ("Merge", after), ("Tidy", undone)))


def test_a_commit_that_left_a_line_out_does_not_hold_the_patch(tmp_path: Path) -> None:
    base, after = run(""), run(LONG + "    verify_all_parts(ctx, state);\n    seal_all_parts(ctx, state);\n" + CHECKED)
    stays(by_history(tmp_path, patch_of(base, after), base, ("Merge", run(LONG)), ("On", run(LONG + "    seal();\n"))))


def test_what_the_patch_took_out_came_back(tmp_path: Path) -> None:
    """The commit took it out, and a later one among other edits put it in again."""
    telemetry = "    send_telemetry(ctx, flags);\n    flush_telemetry(ctx, flags);\n"
    base, after = run(telemetry), run("")
    back = run(telemetry, setup=SETUP.replace("setup_7(ctx)", "setup_7(ctx, 0)"))
    stays(by_history(tmp_path, patch_of(base, after), base, ("Less of it", after), ("Tune", back)))


def test_a_commit_that_was_taken_back_accounts_for_nothing(tmp_path: Path) -> None:
    """Reverted, then solved in another way: the first commit is the patch, and it is the second that is there."""
    base, after = run("    parse(ctx, SPLIT_ALL);\n"), run("    parse(ctx, SPLIT_ONCE);\n")
    other = run("    partition(ctx);\n")
    stays(
        by_history(
            tmp_path, patch_of(base, after), base, ("Once", after), ('Revert "Once"', base), ("Partition", other)
        )
    )


# The same lines, once before and once after, in another class or section: its own went another way.

LIMITS = "retries = 3\nwait = 20\nlimit = 100\nburst = 10\n"
STEPS = "".join(f"        self.step_{n}(wanted)\n" for n in range(8))


def walker(runner: str, other: str) -> Files:
    head = "    def run(self, wanted):\n"
    return {"run.py": f"class Runner:\n{head}{runner}\n\nclass Walker:\n{head}{other}\n"}


def test_the_same_method_of_another_class_is_not_its_place(tmp_path: Path) -> None:
    """Upstream wrote Runner anew, and took the check into Walker alone, which reads as Runner did."""
    check = (
        "        if wanted > self.limit:\n"
        "            self.owner.tell_of_refusal(self, wanted)\n"
        "            raise Refused(self.name, wanted)\n"
    )
    checked = STEPS.replace("        self.step_4", check + "        self.step_4")
    anew = "        return self.engine.drive(wanted, self.limit)\n"
    base, after = walker(STEPS, "        return None\n"), walker(checked, "        return None\n")
    commits = [("Write it anew", walker(anew, STEPS)), ("Refuse", walker(anew, checked))]
    stays(by_history(tmp_path, patch_of(base, after), base, *commits))


def test_the_same_entry_of_another_section_is_not_its_place(tmp_path: Path) -> None:
    """Upstream's [public] is another one by now, and [private], which reads as it did, has the entry."""
    entry = "refuse_unknown_peers = yes\nrefuse_expired_tokens = yes\n"
    limited = LIMITS.replace("limit =", entry + "limit =")
    anew = "profile = default\n"
    public, private = "[public]\n", "\n[private]\n"
    base, after = {"run.ini": public + LIMITS + private + anew}, {"run.ini": public + limited + private + anew}
    commits = [
        ("Profiles", {"run.ini": public + anew + private + LIMITS}),
        ("Refuse", {"run.ini": public + anew + private + limited}),
    ]
    stays(by_history(tmp_path, patch_of(base, after), base, *commits))
