"""A review as Markdown for a pull request, as text, and as counts. Text is built here and printed elsewhere.

Text from manifests is only shown in code spans and code blocks, in which Markdown has no meaning.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from meshpolicy.analysis.change import Change, Changed
from meshpolicy.analysis.curl import witness_curl
from meshpolicy.analysis.words import change_words, counted, witness_words
from meshpolicy.api.review import Review
from meshpolicy.core.errors import Problem
from meshpolicy.core.ref import Ref
from meshpolicy.findings.finding import Finding, Severity
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.render.changes import EMPTY, NO_CHANGE, changes_as_text
from meshpolicy.render.github import annotation, changes_as_github, findings_as_github
from meshpolicy.render.text import findings_as_text
from meshpolicy.render.visible import visible

MARK = "<!-- meshpolicy review -->"
"""The first line of a comment, which identifies it when it is replaced."""
COMMENT_LIMIT = 60_000
"""The maximum number of characters of a comment: GitHub accepts 65,536, GitLab a million."""
SUMMARY_LIMIT = 900_000
"""The maximum number of characters of a summary: GitHub accepts 1 MiB for each step."""
SPAN_LIMIT = 400
"""The maximum number of characters of one code span."""
BLOCK_LIMIT = 2_000
"""The maximum number of characters of one command."""
NOT_COMPARED = "Not compared"
TITLES = {
    Change.OPENED: "Opens",
    Change.CLOSED: "Closes",
    Change.UNKNOWN: "Unknown: may open or close",
    Change.REROUTED: "Allowed as before, through another route",
    Change.REGRANTED: "Allowed as before, by other grants",
}
TICKS = re.compile(r"`+")


def code(text: object) -> str:
    """Return a text as a code span of CommonMark (section 6.1), in which no character has a special meaning."""
    shown = visible(text).replace("\n", "\\n").replace("\t", "\\t")
    shown = shown if len(shown) <= SPAN_LIMIT else f"{shown[: SPAN_LIMIT - 1]}…"
    if not shown.strip(" "):
        return f'`"{shown}"`'
    fence = "`" * (max(map(len, TICKS.findall(shown)), default=0) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def block(text: str, indent: str = "  ") -> str:
    """Return a command as a fenced code block; a command that is too long is not shown, rather than cut off."""
    if len(text) > BLOCK_LIMIT:
        return f"{indent}The command is too long to be shown here: `meshpolicy diff --explain` prints it."
    fence = "`" * max(3, max(map(len, TICKS.findall(text)), default=0) + 1)
    lines = (f"{fence}sh", *visible(text).split("\n"), fence)
    return "\n".join(f"{indent}{line}" for line in lines)


def review_as_comment(review: Review, old: str, new: str) -> str:
    """Return a comment that starts with MARK and has at most COMMENT_LIMIT characters; opened calls come first."""
    return _fitted([MARK, *_head(review, old, new), *_changes(review), *_found(review)], COMMENT_LIMIT)


def review_as_markdown(review: Review, old: str, new: str) -> str:
    """Return a summary of at most SUMMARY_LIMIT characters: the comment, earlier mistakes, and unread input."""
    parts = (_head(review, old, new), _changes(review), _found(review), _kept(review))
    return _fitted(list(chain(*parts)), SUMMARY_LIMIT)


def review_as_text(review: Review) -> str:
    """Return the text for a terminal: the changes with their witnesses, and the new findings."""
    lines = [] if review.compared else [f"not compared: {_unreadable(review)}"]
    if review.doubt:
        lines.insert(0, f"unknown: {review.doubt}")
    if review.compared and (review.changes or not review.doubt):
        lines.append(changes_as_text(review.changes, review.after, explain=True))
    found = findings_as_text(review.brought) if review.brought else "no new findings"
    return "\n".join([*lines, "", found])


def review_as_github(review: Review) -> str:
    """Return annotations: problems in reading a state, changes at the place of their grant, and new findings."""
    problems = (*review.wrong_after, *review.wrong_before)
    lines = [annotation(Severity.ERROR, "cannot be read", problem.message, problem.place) for problem in problems]
    if not problems and not review.compared:
        lines.append(annotation(Severity.WARNING, NOT_COMPARED, _unreadable(review)))
    if review.doubt:
        lines.insert(0, annotation(Severity.WARNING, "unknown", review.doubt))
    if review.compared and (review.changes or not review.doubt):
        lines.append(changes_as_github(review.changes, review.after.settings))
    return "\n".join([*lines, findings_as_github(review.brought)])


def review_as_counts(review: Review) -> str:
    """Return `NAME=NUMBER` lines, as GITHUB_OUTPUT and dotenv reports of GitLab take them; `compared` is 0 or 1."""
    counts = {str(change).replace("-", ""): review.count(change) for change in Change}
    counts |= {"findings": len(review.brought), "compared": int(review.compared)}
    return "".join(f"{name}={count}\n" for name, count in counts.items())


def _fitted(blocks: Sequence[str], limit: int) -> str:
    """Return as many blocks as fit, in order, with a note if some do not."""
    more = "\n\n**There is more than fits here.** `meshpolicy review` prints all of it."
    text = ""
    for found in blocks:
        longer = f"{text}\n{found}" if text else found
        if len(longer) > limit - len(more):
            return text + more + "\n"
        text = longer
    return text + "\n"


def _head(review: Review, old: str, new: str) -> Iterator[str]:
    between = f"From {code(old)} to {code(new)}, for all clients and all requests."
    if not review.compared:
        yield "## Who may call whom: not known\n"
        yield from _doubt(review)
        yield f"**{NOT_COMPARED}: {_unreadable(review)}.** Whether this opens something is not known.\n"
        for problem in (*review.wrong_after, *review.wrong_before):
            yield f"- {_problem(problem)}"
        yield ""
        return
    counts = ", ".join(f"{review.count(change)} {change}" for change in Change if review.count(change))
    yield f"## Who may call whom: {counts or NO_CHANGE}\n"
    yield from _doubt(review)
    yield f"{between}\n"


def _doubt(review: Review) -> Iterator[str]:
    if review.doubt:
        yield f"**Unknown:** {code(review.doubt)}\n"


def _unreadable(review: Review) -> str:
    if review.nobody and not (review.wrong_before or review.wrong_after):
        return EMPTY
    sides = (("before", review.wrong_before), ("after", review.wrong_after))
    return " and ".join(f"{counted(len(wrong), 'problem')} in the state {name}" for name, wrong in sides if wrong)


def _problem(problem: Problem) -> str:
    return f"{code(problem.place)}: {code(problem.message)}"


def _changes(review: Review) -> Iterator[str]:
    for kind in Change:
        found = [changed for changed in review.changes if changed.change is kind]
        if found:
            yield f"### {TITLES[kind]}\n"
        for changed in found:
            yield from _change(changed, review.after)
        if found:
            yield ""


def _change(changed: Changed, after: Cluster) -> Iterator[str]:
    client, server, what = change_words(changed, after.settings)
    yield f"- {code(client)} → {code(server)} {code(what)}{_grounds(changed)}"
    if changed.region is None or not changed.change.changes_requests:
        return
    yield f"  For example {code(witness_words(changed.region.witness, after.settings))}."
    if shown := witness_curl(after, changed.server, changed.port, changed.region.witness):
        yield f"\n{block(shown)}\n"


def _grounds(changed: Changed) -> str:
    """Return the objects that admit the calls, or why that is unknown."""
    if changed.reasons:
        return f", because {'; '.join(map(code, changed.reasons))}"
    if changed.change is Change.OPENED and changed.after:
        return f", granted by {_refs(changed.after)}"
    if changed.change is Change.CLOSED and changed.before:
        return f", was granted by {_refs(changed.before)}"
    both = changed.before and changed.after
    return f": was {_refs(changed.before)}, now {_refs(changed.after)}" if both else ""


def _refs(refs: Iterable[Ref]) -> str:
    return ", ".join(f"{code(ref)} ({code(ref.place)})" if ref.place else code(ref) for ref in refs)


def _found(review: Review) -> Iterator[str]:
    if review.brought:
        yield f"### Brings {counted(len(review.brought), 'finding')}\n"
        yield from map(_finding, review.brought)
        yield ""
    if review.kept:
        kept = counted(len(review.kept), "finding")
        yield f"{kept} of `meshpolicy lint` {'is' if len(review.kept) == 1 else 'are'} there before and after.\n"


def _finding(finding: Finding) -> str:
    head = f"- **{finding.code.code}** {finding.code.severity} {code(finding.place)}: {code(finding.subject)}"
    return f"{head} {code(finding.message)}\n  Fix: {finding.code.fix}"


def _kept(review: Review) -> Iterator[str]:
    if review.kept:
        yield "### There before and after\n"
        yield from map(_finding, review.kept)
        yield ""
    if review.not_read:
        yield "### Not read\n"
        yield from (f"- {_problem(problem)}" for problem in review.not_read)
        yield ""
