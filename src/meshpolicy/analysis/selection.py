"""Which servers and clients a person wants to see, chosen by patterns such as `shop/*`. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from meshpolicy.analysis.access import Access, account_of, admits
from meshpolicy.analysis.words import access_words, named_accounts
from meshpolicy.core.errors import UnknownWorkload
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern matches `namespace/name`, or its last part; without patterns all do."""
    last = name.rpartition("/")[2]
    some = tuple(patterns)
    return not some or any(fnmatchcase(name, one) or fnmatchcase(last, one) for one in some)


@dataclass(frozen=True)
class Selection:
    """Servers and clients of a cluster; without patterns all."""

    cluster: Cluster
    servers: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise UnknownWorkload for a pattern that means nobody: a misspelt one must not show that nothing is open."""
        names = [f"{one.ref.namespace}/{one.ref.name}" for one in self.cluster.workloads]
        for pattern in self.servers:
            if not any(matches(name, (pattern,)) for name in names):
                raise UnknownWorkload(f"no workload in these manifests matches --server {pattern}")
        for pattern in self.clients:
            if not any(matches(name, (pattern,)) for name in (*self._accounts, *names)):
                raise UnknownWorkload(f"no account in these manifests matches --client {pattern}")

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """Return the servers."""
        return tuple(
            one for one in self.cluster.workloads if matches(f"{one.ref.namespace}/{one.ref.name}", self.servers)
        )

    @cached_property
    def _accounts(self) -> Mapping[str, str]:
        """Return the identity of each account that a workload has or a policy names."""
        names = dict.fromkeys((*map(account_of, self.cluster.workloads), *named_accounts(self.cluster)))
        identity = self.cluster.settings.identity
        return {name: identity(*name.split("/", 1)) for name in names}

    def admits(self, access: Access) -> bool:
        """Whether an access means one of the clients, be it among others, as `anyone` does."""
        if not self.clients or matches(access_words(access, self.cluster.settings)[2], self.clients):
            return True
        chosen = (identity for name, identity in self._accounts.items() if matches(name, self.clients))
        return any(admits(access, identity) for identity in chosen)

    def is_client(self, name: str) -> bool:
        """Whether a workload, as `namespace/name`, is one of the clients."""
        return matches(name, self.clients)
