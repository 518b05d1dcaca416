"""Init: the files of a new workspace."""

from __future__ import annotations

SETTINGS = """\
# syncbot's settings; what stands behind # is the default. `syncbot doctor` checks this file.

# patches = "patches"          # the folder of the tracked packages
# state = "state"              # what the bot writes: database, mirrors, proposals

# mode = "propose"             # "observe": judge and report only; "merge": accept what is proved
# step = "latest"              # "each": one release at a time
# track = "stable"             # "prerelease", or "branch:NAME"
# commits = "decision"         # "step": one commit for all edits of a proposal
# max-new-proposals = 20       # per run
# schedule = "0 3 * * *"       # when `syncbot run` syncs

# [rewrite]                    # take an upstream from a mirror: "prefix of its address" = "what to put there"
# "https://example.org/" = "https://mirror.example.org/"
"""

STATE_README = """\
# state

What syncbot writes stands here: its database, mirrors of upstreams, downloads, proposals, bundles. Nothing of it is
in git, but for this file. Mirrors and downloads may be deleted at any time; the database and the proposals remember
what was decided.
"""

PATCHES_README = """\
# patches

One folder per tracked package: `package.toml` says where its upstream is and which release the patches are for,
`series` lists the patches in the order in which they apply. `syncbot track pypi:NAME` makes one.
"""


def files(ignored: str | None, patches: str = "patches", state: str = "state") -> dict[str, bytes]:
    """{path: content} of a workspace that is not there yet. `ignored`: the .gitignore as it is, None: there is none.
    Files that exist are for the caller to leave alone, but for .gitignore, which is only added to."""
    made = {
        "syncbot.toml": SETTINGS.encode(),
        f"{patches}/README.md": PATCHES_README.encode(),
        f"{state}/README.md": STATE_README.encode(),
    }
    rules = [f"/{state}/*", f"!/{state}/README.md"]
    lines = (ignored or "").splitlines()
    missing = [rule for rule in rules if rule not in lines]
    if missing:
        before = ignored or ""
        glue = "" if not before or before.endswith("\n") else "\n"
        made[".gitignore"] = (before + glue + "\n".join(missing) + "\n").encode()
    return made
