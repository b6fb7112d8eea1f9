"""The source of a request: a pod, an account with a certificate issued on demand, the node, or an unmeshed client."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from localmesh.errors import BadInput
from localmesh.pods.addresses import LOCALHOST
from localmesh.pods.pod import Pod
from localmesh.views import NODE, UNMESHED
from meshpolicy.kinds.settings import MeshSettings

NAME = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")
"""Names that Kubernetes accepts for a namespace or a ServiceAccount."""


@dataclass(frozen=True, slots=True)
class AsPod:
    """A pod: requests go through its sidecar, with its secret."""

    pod: Pod


@dataclass(frozen=True, slots=True)
class AsAccount:
    """A ServiceAccount: requests carry a certificate of its identity, and come from 127.0.0.1."""

    identity: str


@dataclass(frozen=True, slots=True)
class AsStranger:
    """An unmeshed client: requests are plain HTTP from an address."""

    address: IPv4Address


Source = AsPod | AsAccount | AsStranger


def find_source(
    text: str, pods: Sequence[Pod], identities: Iterable[str], settings: MeshSettings, node: IPv4Address
) -> Source:
    """Return the source that `text` names; a bare account must be that of a pod or be named in a policy."""
    if text in (UNMESHED, NODE):
        return AsStranger(LOCALHOST if text == UNMESHED else node)
    named = [pod for pod in pods if text in (pod.name, pod.workload.name, f"{pod.namespace}/{pod.workload.name}")]
    if named:
        # The ingress has no app that could use a sidecar.
        return AsAccount(named[0].identity) if named[0].workload.kind == "Gateway" else AsPod(named[0])
    namespace, separator, account = text.partition("/")
    if separator and NAME.fullmatch(namespace) and NAME.fullmatch(account):
        return AsAccount(settings.identity(namespace, account))
    known = sorted(identities)
    found = [identity for identity in known if text in (_called(identity), identity)]
    if len(found) == 1:
        return AsAccount(found[0])
    if found:
        choices = " or ".join(f"{identity.split('.')[1]}/{text}" for identity in found)
        raise BadInput(f"{text}: more than one ServiceAccount has this name; write {choices}")
    names = [*(pod.name for pod in pods), *map(_called, known)]
    raise BadInput(
        f"{text}: there is no such pod, workload or ServiceAccount; known are {', '.join(dict.fromkeys(names))},"
        f" {UNMESHED}, {NODE}, and any NAMESPACE/ACCOUNT"
    )


def _called(identity: str) -> str:
    """Return the short name of an identity: its account, or a whole `spiffe://` ID."""
    return identity if "://" in identity else identity.partition(".")[0]
