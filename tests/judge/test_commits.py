"""The commit search over small real histories: every trap is one story."""

from __future__ import annotations

from pathlib import Path

import pytest
from upstreams import Upstream, edited

from syncbot.diff.patch import Patch
from syncbot.git.history import HistoryIndex
from syncbot.judge.commits import CommitSearch, Findings
from syncbot.judge.commits_score import NAMED, PART, SPLIT
from syncbot.judge.history import Witness
from syncbot.model.ids import CommitId


def function(name: str, lines: int = 6) -> str:
    body = "".join(f"    {name}_state_{i} = compute_{name}({i}, input);\n" for i in range(lines))
    return f"int {name}(struct packet *input)\n{{\n{body}    return {name}_state_0;\n}}\n\n"


def source(*names: str) -> str:
    return "#include <stdio.h>\n#include <packet.h>\n\n" + "".join(map(function, names))


GUARD = (
    "    if (input->length > PACKET_MAXIMUM) {\n"
    '        log_warning("packet is too long: %zu", input->length);\n'
    "        return -EMSGSIZE;\n"
    "    }\n"
)


def guarded(name: str, at: int = 3, guard: str = GUARD) -> tuple[str, str]:
    """An edit that puts the guard into a function."""
    line = f"    {name}_state_{at} = compute_{name}({at}, input);\n"
    return line, guard + line


class Story:
    """An upstream with one base release, a patch on it, and what comes after."""

    def __init__(self, tmp_path: Path) -> None:
        self.upstream = Upstream(tmp_path / "upstream.git")
        self.cache = tmp_path / "cache"
        start = {"src/parse.c": source("alpha", "beta", "gamma"), "src/write.c": source("delta", "epsilon")}
        self.base = self.tip = self.upstream.commit("Start", start)
        self.patch = self.made(*guarded("beta"))

    def made(self, old: str, new: str, path: str = "src/parse.c") -> Patch:
        """The patch that makes this edit on the base."""
        return self.patch_of(edited(self.upstream.files[self.base], path, old, new))

    def patch_of(self, changes: dict[str, bytes]) -> Patch:
        return self.upstream.patch(self.base, self.upstream.commit("downstream", changes, self.base))

    def does(self, message: str, *edits: tuple[str, str] | tuple[str, str, str], **files: str | None) -> CommitId:
        """One upstream commit on the line: edits are (old, new[, path])."""
        changes: dict[str, str | bytes | None] = {}
        content = dict(self.upstream.files[self.tip])
        for old, new, *where in edits:
            path = where[0] if where else "src/parse.c"
            changes.update(edited(content, path, old, new))
            content.update(edited(content, path, old, new))
        changes.update(files)
        self.tip = self.upstream.commit(message, changes, self.tip)
        return self.tip

    def judged(
        self,
        target: CommitId | None = None,
        head: CommitId | None = None,
        subject: str = "",
        patch: Patch | None = None,
    ) -> Findings:
        target = target or self.tip
        with HistoryIndex(self.upstream.path, self.cache) as index:
            index.ensure([id for id in (self.base, target, head) if id])
            before, after = self.upstream.files[self.base], self.upstream.files[target]
            search = CommitSearch(index.view(self.base, target, head))
            return search.find((patch or self.patch).files, Witness(subject=subject), before.get, after.get)

    def name(self, commit: CommitId) -> str:
        return str(self.upstream.repo[commit].message).split("\n")[0]


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


def absorbing(found: Findings) -> list[str]:
    return [match.commit.id for match in found.absorbed]


def taking_back(found: Findings) -> list[tuple[str, bool]]:
    return [(taken.commit.id, taken.by_message) for taken in found.taken_back]


def test_a_cherry_pick_under_another_message_is_named_with_all_its_blocks(story: Story) -> None:
    story.does("Prepare", ("#include <stdio.h>\n", "#include <stdio.h>\n#include <stdlib.h>\n"))
    merged = story.does("parse: refuse what is too long", guarded("beta"))
    story.does("Afterwards", ("#include <packet.h>\n", "#include <packet.h>\n#include <time.h>\n"))

    found = story.judged()

    assert absorbing(found) == [merged]
    assert (found.blocks, found.missing, found.edited, found.taken_back) == ((1.0,), (), (), ())
    touch = found.absorbed[0].touches[0]
    assert (touch.path, touch.new) == ("src/parse.c", str(story.upstream.repo[merged].tree["src/parse.c"].id))


def test_nothing_is_found_where_upstream_did_something_else(story: Story) -> None:
    story.does(
        "Unrelated", ("    alpha_state_2 = compute_alpha(2, input);\n", "    alpha_state_2 = recompute_alpha(input);\n")
    )

    found = story.judged()

    assert (found.absorbed, found.held, found.taken_back) == ((), (), ())


def test_a_patch_is_found_in_a_commit_that_squashes_it_with_other_work(story: Story) -> None:
    extra = "".join(f"    epsilon_extra_{i} = derive_epsilon({i}, input, context);\n" for i in range(12))
    merged = story.does(
        "Rework a good deal",
        guarded("beta"),
        ("    return epsilon_state_0;\n", extra + "    return epsilon_state_0;\n", "src/write.c"),
    )

    assert absorbing(story.judged()) == [merged]


def test_a_patch_that_was_split_is_held_by_its_parts_together(story: Story) -> None:
    both = edited(story.upstream.files[story.base], "src/parse.c", *guarded("beta"))
    both |= edited(
        story.upstream.files[story.base], "src/write.c", *guarded("epsilon", guard=GUARD.replace("MAXIMUM", "LIMIT"))
    )
    patch = story.patch_of(both)
    first = story.does("parse: guard beta", guarded("beta"))
    story.does("Between", ("#include <stdio.h>\n", "#include <stdio.h>\n#include <errno.h>\n", "src/write.c"))
    line, guard = guarded("epsilon", guard=GUARD.replace("MAXIMUM", "LIMIT"))
    second = story.does("write: guard epsilon", (line, guard, "src/write.c"))

    found = story.judged(patch=patch)

    assert absorbing(found) == [first, second]
    assert {match.rule for match in found.absorbed} == {SPLIT}
    assert found.missing == ()


def test_one_of_two_files_leaves_the_other_missing(story: Story) -> None:
    both = edited(story.upstream.files[story.base], "src/parse.c", *guarded("beta"))
    both |= edited(
        story.upstream.files[story.base], "src/write.c", *guarded("epsilon", guard=GUARD.replace("MAXIMUM", "LIMIT"))
    )
    patch = story.patch_of(both)
    merged = story.does("parse: guard beta", guarded("beta"))

    found = story.judged(patch=patch)

    assert absorbing(found) == [merged]
    assert found.absorbed[0].rule is PART
    assert [patch.files[block.file].path for block in found.missing] == ["src/write.c"]


def test_one_of_two_hunks_leaves_the_other_missing(story: Story) -> None:
    content = story.upstream.files[story.base]["src/parse.c"].decode()
    for edit in (guarded("alpha", 1), guarded("gamma", 4, GUARD.replace("MAXIMUM", "LIMIT"))):
        content = content.replace(*edit)
    patch = story.patch_of({"src/parse.c": content.encode()})
    story.does("guard gamma", guarded("gamma", 4, GUARD.replace("MAXIMUM", "LIMIT")))

    found = story.judged(patch=patch)

    assert [block.hunk for block in found.missing] == [0]


def test_lines_that_review_changed_are_edited_and_not_missing(story: Story) -> None:
    other = GUARD.replace("-EMSGSIZE", "-EOVERFLOW").replace("too long", "oversized")
    merged = story.does("parse: refuse what is too long", guarded("beta", guard=other))

    found = story.judged(subject="parse: refuse what is too long")

    assert absorbing(found) == [merged]
    assert found.absorbed[0].witnessed
    assert (found.missing, len(found.edited)) == ((), 1)


def test_context_that_drifted_before_and_after_does_not_hide_it(story: Story) -> None:
    story.does(
        "Rename before", ("    beta_state_2 = compute_beta(2, input);\n", "    beta_second = compute_beta(2, input);\n")
    )
    merged = story.does("Guard", guarded("beta"))
    story.does(
        "Rename after", ("    beta_state_4 = compute_beta(4, input);\n", "    beta_fourth = compute_beta(4, input);\n")
    )

    found = story.judged()

    assert (absorbing(found), found.missing, found.taken_back) == ([merged], (), ())


def test_a_file_that_moved_first_is_followed_by_its_name(story: Story) -> None:
    content = story.upstream.files[story.tip]["src/parse.c"].decode()
    story.does("Move", **{"src/parse.c": None, "lib/core/parse.c": content})
    line, guard = guarded("beta")
    merged = story.does("Guard", (line, guard, "lib/core/parse.c"))

    found = story.judged()

    assert (absorbing(found), found.missing) == ([merged], ())


def test_a_file_that_moves_in_the_same_commit_is_followed_by_its_content(story: Story) -> None:
    content = story.upstream.files[story.tip]["src/parse.c"].decode().replace(*guarded("beta"))
    merged = story.does("Move and guard", **{"src/parse.c": None, "src/reader.c": content})

    found = story.judged()

    assert (absorbing(found), found.missing) == ([merged], ())


def test_identical_code_in_another_function_is_no_merge(story: Story) -> None:
    twin = story.does("Guard gamma", guarded("gamma"))

    found = story.judged(subject="Guard gamma")

    assert (found.absorbed, [commit.id for commit in found.twins]) == ((), [twin])


def test_identical_code_in_another_function_is_no_merge_though_the_own_one_drifted(story: Story) -> None:
    story.does(
        "Rename", ("    beta_state_4 = compute_beta(4, input);\n", "    beta_fourth = compute_beta(4, input);\n")
    )
    story.does("Guard gamma", guarded("gamma"))

    assert story.judged().absorbed == ()


def test_the_twin_does_not_hide_the_right_commit(story: Story) -> None:
    story.does("Guard gamma", guarded("gamma"))
    merged = story.does("Guard beta", guarded("beta"))
    story.does("Guard alpha", guarded("alpha"))

    assert absorbing(story.judged()) == [merged]


def test_a_commit_that_moves_everything_holds_everybodys_lines_and_absorbs_nothing(story: Story) -> None:
    crowd = "".join(f"    crowd_{i} = gather_crowd({i}, everybody, anybody);\n" for i in range(400))
    story.does(
        "Import the other project", **{"vendor/parse.c": "void import(void)\n{\n" + crowd + GUARD + crowd[::-1] + "}\n"}
    )

    assert story.judged().absorbed == ()


def test_an_unrelated_commit_with_the_same_subject_is_no_merge(story: Story) -> None:
    story.does("Fix build", ("#include <stdio.h>\n", "#include <stdio.h>\n#include <limits.h>\n"))

    assert story.judged(subject="Fix build").absorbed == ()


def test_the_same_version_bump_in_another_file_is_no_merge(story: Story) -> None:
    base = {"a/version.h": "#define A\n#define VERSION 3\n", "b/version.h": "#define B\n#define VERSION 3\n"}
    story.base = story.tip = story.upstream.commit("Versions", base, story.base)
    patch = story.made("VERSION 3", "VERSION 4", "a/version.h")
    story.does("Bump b", ("VERSION 3", "VERSION 4", "b/version.h"))

    assert story.judged(patch=patch).absorbed == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    return beta_state_0;\n}\n", "    return beta_state_0;\n\n}\n"),
        ("    return beta_state_0;\n}\n", "    {\n    return beta_state_0;\n    }\n}\n"),
    ],
    ids=["blank line", "braces"],
)
def test_a_patch_without_telling_lines_is_found_by_name_and_place_alone(story: Story, old: str, new: str) -> None:
    patch = story.made(old, new)
    merged = story.does("Same subject", (old, new))

    assert story.judged(patch=patch).absorbed == ()
    assert absorbing(story.judged(patch=patch, subject="Same subject")) == [merged]


def test_a_patch_without_telling_lines_is_not_found_in_another_place(story: Story) -> None:
    patch = story.made("    return beta_state_0;\n}\n", "    return beta_state_0;\n\n}\n")
    story.does("Same subject", ("    return gamma_state_0;\n}\n", "    return gamma_state_0;\n\n}\n"))

    assert story.judged(patch=patch, subject="Same subject").absorbed == ()


def test_lines_edited_further_are_still_traced(story: Story) -> None:
    merged = story.does("Guard", guarded("beta"))
    story.does(
        "Report better",
        (
            '        log_warning("packet is too long: %zu", input->length);\n',
            '        report(input, "oversized packet of %zu bytes");\n',
        ),
    )
    story.does(
        "Use the helper", ("    if (input->length > PACKET_MAXIMUM) {\n", "    if (packet_is_oversized(input)) {\n")
    )

    found = story.judged()

    assert (absorbing(found), found.taken_back) == ([merged], ())


def test_a_function_that_moves_to_another_file_takes_the_merged_lines_with_it(story: Story) -> None:
    merged = story.does("Guard", guarded("beta"))
    body = function("beta").replace(*guarded("beta"))
    moved = story.upstream.files[story.tip]["src/write.c"].decode() + body
    story.does("Move beta", (body, ""), **{"src/write.c": moved})

    found = story.judged()

    assert (absorbing(found), found.taken_back) == ([merged], ())


def test_code_that_is_deleted_with_its_surroundings_is_not_taken_back(story: Story) -> None:
    merged = story.does("Guard", guarded("beta"))
    story.does("Drop beta", (function("beta").replace(*guarded("beta")), ""))

    found = story.judged()

    assert (absorbing(found), found.taken_back) == ([merged], ())


REVERTS = {
    "full id": 'Revert "Guard"\n\nThis reverts commit {id}.\n',
    "short id": "Take it out again\n\nThis reverts commit {id:.10}.\n",
    "no id": 'Revert "Guard"\n\nIt broke the build.\n',
    "its own words": "Out again\n\nReverts: {id:.12}\n",
}


@pytest.mark.parametrize("message", REVERTS.values(), ids=REVERTS.keys())
def test_a_revert_is_known_by_its_message(story: Story, message: str) -> None:
    merged = story.does("Guard", guarded("beta"))
    line, guard = guarded("beta")
    revert = story.does(message.format(id=merged), (guard, line))

    found = story.judged()

    assert (absorbing(found), taking_back(found)) == ([merged], [(revert, True)])
    assert found.taken_back[0].share == pytest.approx(1.0)


def test_a_silent_revert_within_other_edits_is_a_hint(story: Story) -> None:
    merged = story.does("Guard", guarded("beta"))
    line, guard = guarded("beta")
    extra = "".join(f"    epsilon_extra_{i} = derive_epsilon({i}, input, context);\n" for i in range(30))
    revert = story.does(
        "Cleanups",
        (guard, line),
        ("    return epsilon_state_0;\n", extra + "    return epsilon_state_0;\n", "src/write.c"),
    )

    found = story.judged()

    assert (absorbing(found), taking_back(found)) == ([merged], [(revert, False)])


def test_merged_then_indented_then_removed_is_a_hint(story: Story) -> None:
    merged = story.does("Guard", guarded("beta"))
    indented = GUARD.replace("    ", "\t")
    story.does("Indent", (GUARD, indented))
    removed = story.does("Simplify", (indented, ""))

    found = story.judged()

    assert (absorbing(found), taking_back(found)) == ([merged], [(removed, False)])


def test_removed_lines_that_come_back_are_a_hint(story: Story) -> None:
    lines = "".join(f"    beta_state_{i} = compute_beta({i}, input);\n" for i in (2, 3, 4))
    patch = story.made(lines, "")
    merged = story.does("Less work", (lines, ""))
    anchor = "    beta_state_1 = compute_beta(1, input);\n"
    back = story.does("More work", (anchor, anchor + lines))

    found = story.judged(patch=patch)

    assert (absorbing(found), taking_back(found)) == ([merged], [(back, False)])


@pytest.mark.parametrize("again", ["Guard", "Second try"])
def test_merged_reverted_and_merged_again_is_merged(story: Story, again: str) -> None:
    merged = story.does("Guard", guarded("beta"))
    line, guard = guarded("beta")
    story.does(f'Revert "Guard"\n\nThis reverts commit {merged}.\n', (guard, line))
    anew = story.does(again, guarded("beta"))

    found = story.judged()

    assert set(absorbing(found)) == {merged, anew}
    assert found.taken_back == ()


def test_a_revert_of_the_revert_counts_by_its_message(story: Story) -> None:
    merged = story.does("Guard", guarded("beta"))
    line, guard = guarded("beta")
    revert = story.does(f'Revert "Guard"\n\nThis reverts commit {merged}.\n', (guard, line))
    story.does(f'Reapply "Guard"\n\nThis reverts commit {revert}.\n', (line, guard.replace("EMSGSIZE", "E2BIG")))

    assert story.judged().taken_back == ()


def test_merged_in_the_second_release_and_reverted_in_the_fourth(story: Story) -> None:
    merged = story.does("Guard", guarded("beta"))
    second = story.tip
    story.does("Third", ("#include <stdio.h>\n", "#include <stdio.h>\n#include <errno.h>\n"))
    third = story.tip
    line, guard = guarded("beta")
    revert = story.does(f"Out\n\nThis reverts commit {merged}.\n", (guard, line))
    story.does("Fifth", ("#include <errno.h>\n", "#include <errno.h>\n#include <time.h>\n"))

    assert [story.judged(target).taken_back for target in (second, third)] == [(), ()]
    assert taking_back(story.judged()) == [(revert, True)]


def test_a_revert_beyond_the_release_does_not_count(story: Story) -> None:
    merged = story.does("Guard", guarded("beta"))
    release = story.tip
    line, guard = guarded("beta")
    head = story.does(f"Out\n\nThis reverts commit {merged}.\n", (guard, line))

    found = story.judged(release, head)

    assert (absorbing(found), found.taken_back) == ([merged], ())


def test_a_revert_of_the_merge_that_brought_it_counts(story: Story) -> None:
    line, guard = guarded("beta")
    merged = story.upstream.commit(
        "Guard", edited(story.upstream.files[story.base], "src/parse.c", line, guard), story.base
    )
    main = story.does("On main", ("#include <stdio.h>\n", "#include <stdio.h>\n#include <errno.h>\n"))
    change = edited(story.upstream.files[main], "src/parse.c", line, guard)
    merge = story.tip = story.upstream.commit("Merge the guard", change, main, merging=merged)
    message = f'Revert "Merge the guard"\n\nThis reverts commit {merge}, reversing\nchanges made to {main}.\n'
    revert = story.does(message, (guard, line))

    found = story.judged()

    assert (absorbing(found), taking_back(found)) == ([merged], [(revert, True)])


def test_what_is_only_on_the_branch_is_held(story: Story) -> None:
    release = story.does("Release", ("#include <stdio.h>\n", "#include <stdio.h>\n#include <errno.h>\n"))
    merged = story.does("Guard", guarded("beta"))

    for subject in ("", "Guard"):
        found = story.judged(release, story.tip, subject)
        assert (found.absorbed, [match.commit.id for match in found.held]) == ((), [merged])


def test_what_went_to_an_older_line_only_is_not_in_the_release(story: Story) -> None:
    old_line = story.upstream.commit(
        "Guard", edited(story.upstream.files[story.base], "src/parse.c", *guarded("beta")), story.base
    )
    head = story.does("Release", ("#include <stdio.h>\n", "#include <stdio.h>\n#include <errno.h>\n"))
    with HistoryIndex(story.upstream.path, story.cache) as index:
        index.ensure([old_line])

    found = story.judged(head, head, "Guard")

    assert (found.absorbed, found.held) == ((), ())


def test_a_deletion_within_a_larger_deletion_is_held_by_it(story: Story) -> None:
    lines = "".join(f"    beta_state_{i} = compute_beta({i}, input);\n" for i in (2, 3, 4))
    patch = story.made(lines, "")
    merged = story.does("Drop beta", (function("beta"), ""))

    assert absorbing(story.judged(patch=patch)) == [merged]


def test_content_that_the_mirror_lacks_settles_nothing_and_raises_nothing(story: Story) -> None:
    story.does("Guard", guarded("beta"))
    content = story.upstream.repo[story.tip].tree["src/parse.c"]
    name = str(content.id)
    (story.upstream.path / "objects" / name[:2] / name[2:]).unlink()

    assert story.judged(subject="Guard").absorbed == ()


def test_author_and_time_name_the_commit_as_its_subject_does(story: Story) -> None:
    rewritten = GUARD.replace("PACKET_MAXIMUM", "LIMIT").replace(
        '"packet is too long: %zu", input->length', '"too long"'
    )
    merged = story.does("Another title", guarded("beta", guard=rewritten))
    with HistoryIndex(story.upstream.path, story.cache) as index:
        index.ensure([merged])
        search = CommitSearch(index.view(story.base, merged))
        time = story.upstream.time_of(merged)
        found = search.find(story.patch.files, Witness("ANN@example.org", time))
        assert [match.rule for match in found.absorbed] == [NAMED]
        assert search.find(story.patch.files, Witness("bob@example.org", time)).absorbed == ()


def test_a_revert_by_subject_of_a_namesake_does_not_count(story: Story) -> None:
    merged = story.does("Fix build", guarded("beta"))
    line = "    delta_state_2 = compute_delta(2, input);\n"
    story.does("Fix build", (line, line + GUARD, "src/write.c"))
    story.does('Revert "Fix build"', (line + GUARD, line, "src/write.c"))

    found = story.judged()

    assert (absorbing(found), found.taken_back) == ([merged], ())


def test_after_a_revert_the_commit_that_took_it_in_again_is_named_first(story: Story) -> None:
    merged = story.does("Guard", guarded("beta"))
    line, guard = guarded("beta")
    story.does(f'Revert "Guard"\n\nThis reverts commit {merged}.\n', (guard, line))
    anew = story.does("Another attempt", guarded("beta"))

    assert absorbing(story.judged(subject="Guard")) == [anew, merged]


@pytest.mark.parametrize(("depth", "found"), [(8, True), (12, False)])
def test_a_patch_that_indents_is_found_where_upstream_indents_alike(story: Story, depth: int, found: bool) -> None:
    lines = "".join(f"    beta_state_{i} = compute_beta({i}, input);\n" for i in (2, 3, 4))
    patch = story.made(lines, lines.replace("    ", "        "))
    merged = story.does("Indent", (lines, lines.replace("    ", " " * depth)))

    assert absorbing(story.judged(patch=patch)) == ([merged] if found else [])


def test_tests_that_were_rewritten_do_not_hide_code_that_agrees(story: Story) -> None:
    both = edited(story.upstream.files[story.base], "src/parse.c", *guarded("beta"))
    cases = "".join(f"    check_that_beta({i}, refuses(PACKET_{i}));\n" for i in range(30))
    patch = story.patch_of(both | {"tests/test_beta.c": cases.encode()})
    merged = story.does("Guard", guarded("beta"), **{"tests/test_beta.c": cases.replace("check_that", "ensure")})

    assert absorbing(story.judged(patch=patch, subject="Guard")) == [merged]


def test_the_commit_that_has_the_code_is_named_before_one_that_wrote_the_tests_anew(story: Story) -> None:
    both = edited(story.upstream.files[story.base], "src/parse.c", *guarded("beta"))
    cases = "".join(f"    check_that_beta({i}, refuses(PACKET_{i}));\n" for i in range(30))
    patch = story.patch_of(both | {"tests/test_beta.c": cases.encode()})
    merged = story.does("Guard", guarded("beta"))
    tests = story.does("Test beta", **{"tests/test_beta.c": cases})

    assert absorbing(story.judged(patch=patch)) == [merged, tests]


def test_tests_that_agree_do_not_make_up_for_code_that_landed_elsewhere(story: Story) -> None:
    both = edited(story.upstream.files[story.base], "src/parse.c", *guarded("beta"))
    cases = "".join(f"    check_that_beta({i}, refuses(PACKET_{i}));\n" for i in range(6))
    patch = story.patch_of(both | {"tests/test_beta.c": cases.encode()})
    story.does("Guard gamma", guarded("gamma"), **{"tests/test_beta.c": cases})

    found = story.judged(patch=patch)

    assert [patch.files[block.file].path for block in found.missing] == ["src/parse.c"]
