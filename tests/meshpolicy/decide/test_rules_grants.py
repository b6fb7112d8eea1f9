"""Who is admitted: authentications, references and the older authorizations. Rules R29 to R42, R69 to R84."""

from typing import Any

import pytest

from meshpolicy.core.match import IdentityMatch
from meshpolicy.kinds.settings import MeshSettings

from ..build import ARENA, SPIFFE, Manifest, account, allow, ask, cluster, network, outcome, pod, ref, server, tls

BY_TLS = ref("MeshTLSAuthentication", "tls")
BY_NET = ref("NetworkAuthentication", "net")
PINGER = "pinger.arena.serviceaccount.identity.linkerd.cluster.local"


def authorization(client: Manifest, **chosen: Any) -> Manifest:
    """Return a ServerAuthorization."""
    return {
        "apiVersion": "policy.linkerd.io/v1beta1",
        "kind": "ServerAuthorization",
        "metadata": {"name": "old", "namespace": "arena"},
        "spec": {"server": chosen or {"name": "http"}, "client": client},
    }


def test_references_of_one_policy_are_anded_and_policies_are_ored() -> None:
    """R29."""
    here = network("10.244.0.12/32")
    both = allow(BY_TLS, BY_NET)
    assert outcome(server(), tls("*"), here, both, client="pinger") == "403"
    assert outcome(server(), tls("*"), here, both, client="rogue") == "allow"
    either = (allow(BY_TLS, name="a"), allow(BY_NET, name="b"))
    assert outcome(server(), tls("*"), network("10.244.0.13"), *either, client="stranger") == "allow"


def test_an_empty_list_of_references_admits_everyone() -> None:
    """R30."""
    assert outcome(server(), allow(), client="203.0.113.7", direct=True) == "allow"


def test_a_policy_takes_effect_once_its_reference_exists() -> None:
    """R31, R37, R130: until then it is ignored as a whole; in a namespace that is not here, it may exist."""
    elsewhere = tls("*")
    elsewhere["metadata"]["namespace"] = "shared"
    policy = allow(ref("MeshTLSAuthentication", "tls", "shared"))
    settled = pod("other", "10.244.0.99", namespace="shared")
    assert outcome(server(), policy) == "unknown"
    assert outcome(server(), policy, settled) == "403"
    assert outcome(server(), policy, elsewhere) == "allow"
    assert outcome(server(), allow(BY_TLS), elsewhere) == "403"


def test_an_empty_namespace_is_not_one_that_is_left_out() -> None:
    """R29, R31: the controller looks in the namespace without a name, which holds nothing and nobody."""
    nowhere = {"namespace": ""}
    assert outcome(server(), allow(BY_TLS | nowhere), tls("*")) == "403"
    assert outcome(server(), allow(account("pinger") | nowhere)) == "403"
    by_account = {"meshTLS": {"serviceAccounts": [{"name": "pinger"}]}}
    assert outcome(server(), authorization(by_account)) == "allow"
    by_account["meshTLS"]["serviceAccounts"][0] |= nowhere
    assert outcome(server(), authorization(by_account)) == "403"


def test_a_service_account_reference_means_its_identity_wherever_it_exists() -> None:
    """R5, R33: whether the account exists is never asked."""
    assert outcome(server(), allow(account("pinger"))) == "allow"
    assert outcome(server(), allow(ref("ServiceAccount", "pinger", "other"))) == "403"


@pytest.mark.parametrize(
    ("pattern", "identity", "accepted"),
    [
        ("*", PINGER, True),
        ("*", SPIFFE, False),
        (SPIFFE, SPIFFE, True),
        ("*.cluster.local", PINGER, True),
        ("*.cluster.local", "cluster.local", False),
        ("*.arena.serviceaccount.identity.linkerd.cluster.local", PINGER, True),
        ("*.rena.serviceaccount.identity.linkerd.cluster.local", PINGER, False),
        ("**.cluster.local", PINGER, False),
        ("pinger.*.cluster.local", PINGER, False),
        (PINGER, PINGER, True),
        (PINGER, PINGER.upper(), False),
    ],
)
def test_an_identity_pattern_is_exact_a_suffix_or_everything(pattern: str, identity: str, accepted: bool) -> None:
    """R35, R83, R84."""
    assert IdentityMatch(pattern).accepts(identity) is accepted


def test_references_to_accounts_and_namespaces_follow_the_installation() -> None:
    """R34: a ServiceAccount's namespace is the object's own unless it says otherwise."""
    by_reference = tls()
    for reference, expected in (
        ({"kind": "ServiceAccount", "name": "pinger"}, "allow"),
        ({"kind": "ServiceAccount", "name": "pinger", "namespace": "club"}, "403"),
        ({"kind": "Namespace", "name": "arena"}, "allow"),
        ({"kind": "Namespace", "name": "club"}, "403"),
    ):
        by_reference["spec"] = {"identityRefs": [reference]}
        assert outcome(server(), by_reference, allow(BY_TLS)) == expected


def test_one_reference_to_another_kind_leaves_out_the_whole_authentication() -> None:
    """R34: only the webhook refuses it; where it is stored, the policy that names it grants nothing (R31)."""
    account = {"kind": "ServiceAccount", "name": "pinger"}
    other = {"group": "apps", "kind": "Deployment", "name": "pinger"}
    found = tls()
    found["spec"] = {"identityRefs": [account, other]}
    assert outcome(server(), found, allow(BY_TLS)) == "403"


def test_an_exception_takes_out_of_its_own_entry_only() -> None:
    """R36."""
    holed = network({"cidr": "10.244.0.0/16", "except": ["10.244.0.11/32", "10.244.0.12/32"]}, "10.244.0.12/32")
    found = [outcome(server(), holed, allow(BY_NET), client=c) for c in ("pinger", "rogue", "stranger")]
    assert found == ["403", "allow", "allow"]


@pytest.mark.parametrize(
    ("client", "pinger", "stranger", "outside"),
    [
        ({"unauthenticated": True}, "allow", "allow", "403"),
        ({"unauthenticated": True, "networks": [{"cidr": "0.0.0.0/0"}]}, "allow", "allow", "allow"),
        ({"networks": [], "unauthenticated": True}, "allow", "allow", "403"),
        ({"meshTLS": {"unauthenticatedTLS": True}}, "allow", "403", "403"),
        ({"meshTLS": {"identities": ["*"]}}, "allow", "403", "403"),
        ({"meshTLS": {"serviceAccounts": [{"name": "pinger"}]}}, "allow", "403", "403"),
        ({"meshTLS": {"serviceAccounts": [{"name": "pinger", "namespace": "club"}]}}, "403", "403", "403"),
        ({"meshTLS": {}}, "403", "403", "403"),
        ({}, "403", "403", "403"),
    ],
)
def test_an_older_authorization_reads_its_client_in_order(
    client: Manifest, pinger: str, stranger: str, outside: str
) -> None:
    """R40, R41: without networks it means the cluster's own."""
    manifests = (server(), authorization(client))
    found = [outcome(*manifests, client=c, direct=True) for c in ("pinger", "stranger", "203.0.113.7")]
    assert found == [pinger, stranger, outside]


def test_an_older_authorization_selects_servers_by_name_or_by_their_own_labels() -> None:
    """R39: not by the labels of pods."""
    labelled = server()
    labelled["metadata"]["labels"] = {"tier": "front"}
    by_server_label = authorization({"unauthenticated": True}, selector={"matchLabels": {"tier": "front"}})
    by_pod_label = authorization({"unauthenticated": True}, selector={"matchLabels": {"app": "ponger"}})
    assert outcome(labelled, by_server_label) == "allow"
    assert outcome(labelled, by_pod_label) == "403"
    assert outcome(server(), authorization({"unauthenticated": True}, name="other")) == "403"


def test_a_client_past_its_own_proxy_is_a_stranger() -> None:
    """R71: skip-outbound-ports takes the identity away, of a Service by the Service's port."""
    bypassing = ARENA[0] | {
        "metadata": ARENA[0]["metadata"] | {"annotations": {"config.linkerd.io/skip-outbound-ports": "80"}}
    }
    found = cluster(bypassing, *ARENA[1:], server(), allow(account("pinger")))
    assert ask(found, "pinger").outcome == "403"
    assert ask(found, "pinger", direct=True).outcome == "allow"


def test_an_unknown_address_is_not_guessed() -> None:
    """R36: where the network decides and the manifests do not know the client's address, so the answer says."""
    nowhere = pod("pinger", "")
    found = cluster(nowhere, *ARENA[1:], server(), network("10.244.0.0/24"), allow(BY_NET))
    answer = ask(found, "pinger")
    assert answer.outcome == "unknown"
    assert "address of Pod arena/pinger decides" in str(answer.reasons[-1])
    known = cluster(nowhere, *ARENA[1:], server(), allow(account("pinger")))
    assert ask(known, "pinger").outcome == "allow"


def test_authenticated_modes_admit_no_spiffe_identity() -> None:
    """R84: exact entries only."""
    assert outcome(server(accessPolicy="all-authenticated"), settings=MeshSettings()) == "allow"
    assert not IdentityMatch("*").accepts(SPIFFE)
