"""What depends on the version of a proxy: whether it compares host names with case (R92). Pure.

Sources: linkerd2-proxy `linkerd/http/route/src/http/match/host.rs`, changed by its commit ef80b9936 after v2.366.0;
linkerd2 `.proxy-version`, by which edge-26.8.3 and all releases before it have v2.366.0 or older.
"""

import re
from functools import lru_cache

RELEASE = re.compile(r"edge-([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})")
PROXY = re.compile(r"v2\.([0-9]{1,9})\.[0-9]{1,9}")
LAST_RELEASE, LAST_PROXY = (26, 8, 3), 366
"""The last ones that compare with case."""
OLDER = ("stable-2.", "version-2.")
"""Releases that are no longer made."""


@lru_cache(256)
def compares_case(version: str) -> bool:
    """Whether a proxy of a version tells `A.example` from `a.example`; one that is not known does not (M5)."""
    if found := RELEASE.fullmatch(version):
        return tuple(map(int, found.groups())) <= LAST_RELEASE
    if found := PROXY.fullmatch(version):
        return int(found[1]) <= LAST_PROXY
    return version.startswith(OLDER)


def version_of(image: str) -> str:
    """Return the tag of an image; empty where it has none, or a digest only."""
    name = image.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[2]
