"""Writes a file as the comment of the pull request that a workflow ran for: `comment.py FILE`.

The file comes from a workflow that a stranger may have changed: it is text to be shown, and says nothing of where.
Which pull request it is, the event says: its branch and its commit.
Variables: GITHUB_API_URL, GITHUB_REPOSITORY, TOKEN, AUTHOR, HEAD_OWNER, HEAD_BRANCH, HEAD_SHA.
"""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

MARK = "<!-- meshpolicy review -->"
LIMIT = 65_536
"""Characters that GitHub takes of a comment."""
PAGE = 100
PAGES = 30
"""Pages of comments that are looked through."""
TIMEOUT = 30


def main() -> None:
    """Find the pull request, then write or renew the comment."""
    [file] = map(Path, sys.argv[1:])
    text = read(file)
    number = pull_request()
    if number is None:
        sys.stdout.write("no open pull request has this commit any more: nothing to comment on\n")
        return
    old = comment(number)
    if old is None:
        ask("POST", f"issues/{number}/comments", {"body": text})
    else:
        ask("PATCH", f"issues/comments/{old}", {"body": text})
    sys.stdout.write(f"{'commented on' if old is None else 'renewed the comment of'} #{number}\n")


def read(file: Path) -> str:
    """Return what to write; a link could lead to what only this workflow may see."""
    if file.is_symlink() or not file.is_file():
        sys.exit(f"{file} is no file")
    text = file.read_text(encoding="utf-8", errors="replace")
    if not text.startswith(MARK) or len(text) > LIMIT:
        sys.exit(f"{file} is no review: it begins otherwise than `{MARK}`, or is longer than {LIMIT} characters")
    return text


def pull_request() -> int | None:
    """Return the number of the open pull request whose last commit was reviewed; None: there is none."""
    head = urllib.parse.quote(f"{os.environ['HEAD_OWNER']}:{os.environ['HEAD_BRANCH']}")
    found = ask("GET", f"pulls?state=open&per_page={PAGE}&head={head}")
    numbers = [one["number"] for one in found if one["head"]["sha"] == os.environ["HEAD_SHA"]]
    if len(numbers) > 1:
        sys.exit(f"pull requests {numbers} have the same commit: it is not known which of them was reviewed")
    return int(numbers[0]) if numbers else None


def comment(number: int) -> int | None:
    """Return the comment that an earlier review wrote; None: there is none."""
    for page in range(1, PAGES + 1):
        found = ask("GET", f"issues/{number}/comments?per_page={PAGE}&page={page}")
        for one in found:
            if one["user"]["login"] == os.environ["AUTHOR"] and one["body"].startswith(MARK):
                return int(one["id"])
        if len(found) < PAGE:
            return None
    return None


def ask(method: str, path: str, content: dict[str, str] | None = None) -> Any:
    """Ask GitHub; return what it answers."""
    url = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}"
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {os.environ['TOKEN']}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 # GitHub's own variable names it
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 # as above
            return json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {path}: GitHub answered {error.code} {error.reason}")
    except OSError as error:
        sys.exit(f"{method} {path}: GitHub cannot be reached: {error}")


if __name__ == "__main__":
    main()
