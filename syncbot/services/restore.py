"""Restore: bring a dropped patch back, pinned, and keep what it takes to judge the case again."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from syncbot.errors import InputError
from syncbot.model import addresses
from syncbot.model.judgement import Judgement
from syncbot.model.packages import Package, SeriesPatch
from syncbot.model.proposal_words import RESTORE, ProposalStatus
from syncbot.model.proposals import DroppedPatch, Proposal, ProposalCommit, ProposalRecord
from syncbot.model.releases import Release
from syncbot.model.trees import SUBMODULE, SYMLINK, Tree
from syncbot.model.verdicts import Action, Verdict
from syncbot.plan import identity
from syncbot.plan.model import Edit
from syncbot.report import restoring as texts
from syncbot.report.documents import patch as patch_document
from syncbot.report.documents import release as release_document
from syncbot.report.documents import rendered
from syncbot.report.results import Restored
from syncbot.services import moving, packages
from syncbot.services.choose import declared_base, misfit
from syncbot.services.dressing import dressed, report_as
from syncbot.services.keys import digest, restore_fingerprint
from syncbot.services.notice import judgement_of, series_at, settle
from syncbot.services.overlay import Overlay, belongs
from syncbot.services.whereabouts import require_downstream
from syncbot.services.workspace import Workspace, require_written


@dataclass(frozen=True, slots=True)
class Restoration:
    """`warning`: what a person must know before the proposal is accepted, empty where nothing."""

    result: Restored
    warning: str


def restore(workspace: Workspace, package_name: str, patch_name: str, reason: str) -> Restoration:
    """Propose the patch's return at the end of the series with `keep = reason`, and write the bundle. Raises
    InputError where no such patch was dropped, or the package's folder has uncommitted changes."""
    require_downstream(workspace)
    package = packages.one(workspace, package_name)
    if package.private:
        raise InputError(f"{package.name} is private: nothing of it is proposed", "bring the patch back by hand")
    if not reason.strip():
        raise InputError("a restored patch is pinned, which needs a reason", 'give --reason "..."')
    dropped = _dropped(workspace, package, patch_name)
    require_written(workspace)
    _require_clean(workspace, package)
    at = workspace.clock.now()
    warning = _warning(workspace, package, dropped)
    proposal = _proposal(workspace, package, dropped, reason.strip(), warning)
    where = workspace.bundle(_folder(dropped), _bundle(workspace, package, dropped))
    is_open = _open(workspace, proposal) is not None
    record = workspace.forge.propose(dressed(workspace, proposal, package, opening=not is_open), at)
    title = "the patch that comes back does not apply" if warning else "applied without fuzz"
    report_as(workspace, record, title, alone=not is_open)
    settle(workspace, record, at)
    return Restoration(Restored(package.name, dropped.name, reason.strip(), record, where, workspace.by_hand), warning)


def _open(workspace: Workspace, wanted: Proposal) -> ProposalRecord | None:
    found = workspace.forge.find(wanted.package, wanted.line)
    return found if found is not None and found.status is ProposalStatus.OPEN else None


def _warning(workspace: Workspace, package: Package, dropped: DroppedPatch) -> str:
    """Whether the series with the patch at its end does not apply to the base that it will stand on."""
    back = SeriesPatch(dropped.name, dropped.content, dropped.strip, keep="restored")
    after = replace(package, series=(*(p for p in package.series if p.name != back.name), back))
    source = workspace.source(package)
    base = dropped.target
    if package.base not in (None, base.version):
        base = declared_base(package, source, workspace.store.releases(package.name)) or base
    found = misfit(after, base, source, workspace.progress)
    return found


def _require_clean(workspace: Workspace, package: Package) -> None:
    asked = workspace.downstream.dirty("" if package.files else package.path)
    dirty = [path for path in asked if belongs(package, path)]
    if dirty:
        raise InputError(
            f"{dirty[0] if package.files else package.path} has uncommitted changes ({dirty[0]})",
            "commit or stash them first",
        )


def _dropped(workspace: Workspace, package: Package, name: str) -> DroppedPatch:
    """The newest drop of that name (or of that last part of a name) that was not restored yet."""
    found = [d for d in workspace.store.dropped(package.name) if not d.restored]
    for wanted in ([d for d in found if d.name == name], [d for d in found if d.name.rpartition("/")[2] == name]):
        if wanted:
            return wanted[0]
    names = sorted({str(d.name) for d in found})
    near = difflib.get_close_matches(name, names, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"dropped are: {', '.join(names)}" if names else "none was dropped"
    raise InputError(f"no patch {name!r} was dropped from {package.name}", remedy)


def _proposal(workspace: Workspace, package: Package, dropped: DroppedPatch, reason: str, warning: str) -> Proposal:
    head = workspace.downstream.head()
    files = workspace.downstream.at(head)
    changes = dict(workspace.layout.restore(files, package, dropped.name, dropped.content, reason))
    if warning:
        changes |= _marked(workspace, Overlay(files, changes), package, dropped)
    line = f"{RESTORE}{dropped.name}"
    branch = identity.branch_name(package, line)
    return Proposal(
        package=package.name,
        line=line,
        branch=branch,
        parent=head,
        commits=(ProposalCommit(texts.commit_message(dropped, reason), changes),),
        title=texts.title(dropped),
        body=texts.body(dropped, reason, warning, package.path, workspace.remote, branch),
        fingerprint=restore_fingerprint(package.name, dropped.name, dropped.content, reason),
        draft=bool(warning),
        target_version=package.base or dropped.target.version,
    )


def _marked(workspace: Workspace, tree: Tree, package: Package, dropped: DroppedPatch) -> Mapping[str, bytes | None]:
    """The patch that came back, marked as waiting: until somebody rebases it, it is left out."""
    after = moving.again(workspace, package, tree)
    judged = replace(dropped.judgement, action=Action.ASK, verdict=Verdict.CONFLICT)
    mark = Edit(Action.ASK, after.series[-1].name, judged)
    return workspace.layout.edit(tree, after, (mark,), moving.standing(workspace))


def _folder(dropped: DroppedPatch) -> str:
    """The bundle's name: for people, and distinct for each drop."""
    patch = re.sub(r"[^A-Za-z0-9._-]+", "-", dropped.name.rpartition("/")[2]).strip(".-") or "patch"
    target = re.sub(r"[^A-Za-z0-9._-]+", "-", dropped.target.version)
    tail = digest(dropped.package, dropped.name, dropped.base.identity, dropped.target.identity)[:8]
    return f"{dropped.package}-{patch[:60]}-{target[:40]}-{tail}"


def _bundle(workspace: Workspace, package: Package, dropped: DroppedPatch) -> dict[str, bytes]:
    """Everything by which another person can judge the case again, offline: {path: content}."""
    series, paths = _judged_series(workspace, dropped)
    files = {f"patches/{patch.name}": patch.content for patch in series}
    files["patches/series"] = b"".join(_series_line(patch) for patch in series)
    source = workspace.source(package)
    for side, release in (("base", dropped.base), ("target", dropped.target)):
        files |= _touched(side, source.tree(release, workspace.progress), paths)
        files.setdefault(f"{side}/.bundle", b"Only the files that the patches touch are here.\n")
    facts = {
        "schema": "syncbot.bundle/1",
        "package": dropped.package,
        "upstream": addresses.shown(package.upstream),
        "base": release_document(dropped.base),
        "target": release_document(dropped.target),
        "dropped_at": dropped.at.isoformat(),
        "proposal": dropped.proposal,
        "judgement": patch_document(dropped.judgement),
    }
    files["judgement.json"] = (rendered(facts) + "\n").encode()
    names = [shlex.quote(_label(release)) for release in (dropped.base, dropped.target)]
    files["reproduce.sh"] = texts.reproduce(names[0], names[1]).encode()
    return files


def _label(release: Release) -> str:
    return re.sub(r"[^A-Za-z0-9._+~-]", "?", release.version)


def _judged_series(workspace: Workspace, dropped: DroppedPatch) -> tuple[list[SeriesPatch], set[str]]:
    """The series that was judged, and every path that its patches touch; the patch alone where the proposal is lost."""
    record = next((r for r in workspace.store.proposals(elsewhere=True) if r.id == dropped.proposal), None)
    series, judgements = _of_proposal(workspace, record)
    if dropped.name not in {patch.name for patch in series}:
        series, judgements = [SeriesPatch(dropped.name, dropped.content, dropped.strip)], [dropped.judgement]
    paths = {path for judged in judgements for file in judged.files for path in (file.path, file.target_path) if path}
    return series, paths


def _of_proposal(workspace: Workspace, record: ProposalRecord | None) -> tuple[list[SeriesPatch], list[Judgement]]:
    if record is None:
        return [], []
    stored = judgement_of(workspace, record)
    return ([], []) if stored is None else (list(series_at(workspace, record)), list(stored.judgement.patches))


def _series_line(patch: SeriesPatch) -> bytes:
    strip = "" if patch.strip is None else f" -p{patch.strip}"
    return f"{patch.name}{strip}\n".encode(errors="surrogateescape")


def _touched(side: str, tree: Tree, paths: Iterable[str]) -> dict[str, bytes]:
    """The files of one side. Links and submodules are left out: a bundle is plain files."""
    found = {}
    for path in sorted(paths):
        entry, content = tree.entry(path), tree.read(path)
        if entry is not None and content is not None and entry.mode not in (SYMLINK, SUBMODULE):
            found[f"{side}/{path}"] = content
    return found
