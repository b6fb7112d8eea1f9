"""Selects servers and clients by patterns such as `shop/*`. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from meshpolicy.analysis.access import Access, account_of, means
from meshpolicy.analysis.change import Changed
from meshpolicy.analysis.clients import ClientSet
from meshpolicy.analysis.questions import made_by
from meshpolicy.analysis.words import access_words, change_words, named_accounts
from meshpolicy.core.errors import UnknownWorkload
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern matches `namespace/name`, or its last part; without patterns, every name matches."""
    last = name.rpartition("/")[2]
    some = tuple(patterns)
    return not some or any(fnmatchcase(name, one) or fnmatchcase(last, one) for one in some)


@dataclass(frozen=True)
class Selection:
    """Selected servers and clients of a cluster in one or several states; without patterns, all."""

    states: tuple[Cluster, ...]
    servers: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise UnknownWorkload for a pattern without a match: a misspelt one must not look as if nothing were open."""
        names = [name for one in self._all for name in self._names(one.ref.namespaced_name)]
        for pattern in self.servers:
            if not any(matches(name, (pattern,)) for name in names):
                raise UnknownWorkload(f"no workload in these manifests matches --server {pattern}")
        for pattern in self.clients:
            if not any(matches(name, (pattern,)) for name in (*self._accounts, *names)):
                raise UnknownWorkload(f"no account in these manifests matches --client {pattern}")

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """Return the servers."""
        return tuple(one for one in self._all if self.is_server(one.ref))

    @property
    def _all(self) -> tuple[Workload, ...]:
        return tuple(workload for state in self.states for workload in state.workloads)

    @cached_property
    def _accounts(self) -> Mapping[str, str]:
        """Return the identities of the accounts that workloads have or policies name, by account."""
        names = dict.fromkeys(map(account_of, self._all))
        for state in self.states:
            names |= dict.fromkeys(named_accounts(state))
        identity = self.states[-1].settings.identity
        return {name: identity(*name.split("/", 1)) for name in names}

    def admits(self, access: Access) -> bool:
        """Whether an access includes one of the clients, possibly among others, as `anyone` does."""
        return not self.clients or self._means(access.clients, access_words(access, self.states[-1].settings)[2])

    def concerns(self, changed: Changed) -> bool:
        """Whether a change affects calls of one of the clients, possibly among others, as `anyone` does."""
        if changed.region is None or not self.clients:
            return True
        if changed.caller is not None and self.is_client(changed.caller.workload.namespaced_name):
            return True
        return self._means(changed.region.clients, change_words(changed, self.states[-1].settings)[0])

    def _means(self, clients: ClientSet, words: str) -> bool:
        if matches(words, self.clients):
            return True
        chosen = (identity for name, identity in self._accounts.items() if matches(name, self.clients))
        return any(means(clients, identity) for identity in chosen)

    def is_server(self, workload: Ref) -> bool:
        """Whether a workload is one of the servers."""
        return any(matches(name, self.servers) for name in self._names(workload.namespaced_name))

    def is_client(self, name: str) -> bool:
        """Whether a workload, as `namespace/name`, is one of the clients."""
        return any(matches(one, self.clients) for one in self._names(name))

    def _names(self, name: str) -> tuple[str, ...]:
        """Return the names of a workload: its own, and, on a live cluster, its controller's."""
        return (name, self._makers[name]) if name in self._makers else (name,)

    @cached_property
    def _makers(self) -> Mapping[str, str]:
        made = ((one.ref, made_by(one)) for one in self._all)
        return {ref.namespaced_name: f"{ref.namespace}/{maker}" for ref, maker in made if maker}
