"""What the API server refuses in where pods run and how they are known, beyond their schema. Pure.

Source: Kubernetes `pkg/apis/core/validation/validation.go`: tolerations, affinity, spread, DNS, host names, sysctls.
"""

import re
from collections.abc import Iterable

from meshpolicy.core.fields import Fields
from meshpolicy.core.networks import is_address
from meshpolicy.kinds.metadata import check_labels, check_selector
from meshpolicy.kinds.names import (
    LONGEST_SUBDOMAIN,
    SUBDOMAIN_RULE,
    VALUE,
    check_key,
    check_name,
    check_subdomain,
    is_label_value,
)

SEARCH = re.compile(r"[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?(\.[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?)*")
SYSCTL = re.compile(r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?")
MANY = 2**31
MOST_SERVERS, MOST_SEARCHES = 3, 32
REQUIRED, PREFERRED = (f"{word}DuringSchedulingIgnoredDuringExecution" for word in ("required", "preferred"))
COUNTS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("In", "NotIn"), (1, MANY)),
    **dict.fromkeys(("Gt", "Lt"), (1, 1)),
    **dict.fromkeys(("Exists", "DoesNotExist"), (0, 0)),
}
"""How many values an operator has, at least and at most."""
PLACING = frozenset(
    (
        *("affinity", "dnsConfig", "dnsPolicy", "hostAliases", "hostname", "nodeName", "nodeSelector"),
        *("priorityClassName", "readinessGates", "runtimeClassName", "subdomain", "tolerations"),
        "topologySpreadConstraints",
    )
)
"""The fields that are looked at here, but for sysctls."""
SUBDOMAINS = ("nodeName", "priorityClassName", "runtimeClassName")


def check_placement(spec: Fields) -> None:
    """Note what is wrong with where a pod is to run, and with its names."""
    if spec.has("securityContext"):
        _check_sysctls(spec.child("securityContext"), on_host=spec.data.get("hostNetwork") is True)
    if PLACING.isdisjoint(spec.data):
        return
    check_labels(spec, "nodeSelector")
    for key in filter(spec.text, SUBDOMAINS):
        check_subdomain(spec, key, spec.text(key))
    for key in ("hostname", "subdomain"):
        check_name(spec, key, spec.text(key))
    for toleration in spec.children("tolerations"):
        _check_toleration(toleration)
    _check_spread(spec)
    affinity = spec.child("affinity")
    _check_node_affinity(affinity.child("nodeAffinity"))
    for key in filter(affinity.has, ("podAffinity", "podAntiAffinity")):
        _check_pod_affinity(affinity.child(key))
    _check_dns(spec)
    for alias in spec.children("hostAliases"):
        _check_ip(alias, "ip", alias.text("ip"))
        for number, name in enumerate(alias.texts("hostnames")):
            check_subdomain(alias, f"hostnames[{number}]", name)
    for gate in spec.children("readinessGates"):
        check_key(gate, "conditionType")


def _check_toleration(toleration: Fields) -> None:
    key, operator = toleration.text("key"), toleration.text("operator") or "Equal"
    if key:
        check_key(toleration, "key")
    elif operator != "Exists":
        toleration.refuse("operator", "has to be Exists where `key` is empty")
    if operator == "Exists" and toleration.text("value"):
        toleration.refuse("value", "is for the operator Equal alone")
    elif operator == "Equal" and not is_label_value(toleration.text("value")):
        toleration.refuse("value", f"is `{toleration.text('value')[:60]}`: {VALUE}")
    if toleration.has("tolerationSeconds") and toleration.text("effect") != "NoExecute":
        toleration.refuse("effect", "has to be NoExecute where tolerationSeconds is given")


def _check_spread(spec: Fields) -> None:
    seen: set[tuple[str, str]] = set()
    for one in spec.children("topologySpreadConstraints"):
        for key in ("topologyKey", "whenUnsatisfiable"):
            if not one.text(key):
                one.refuse(key, "is missing or empty")
        mark = (one.text("topologyKey"), one.text("whenUnsatisfiable"))
        if mark in seen:
            one.refuse("topologyKey", f"is `{mark[0][:60]}`, as of another constraint that is {mark[1][:60]}")
        seen.add(mark)
        if one.has("minDomains") and mark[1] != "DoNotSchedule":
            one.refuse("minDomains", "is for `whenUnsatisfiable: DoNotSchedule` alone")
        check_selector(one.child("labelSelector"))


def _check_node_affinity(affinity: Fields) -> None:
    if affinity.has(REQUIRED):
        required = affinity.child(REQUIRED)
        if not required.data.get("nodeSelectorTerms"):
            required.refuse("nodeSelectorTerms", "is missing or empty")
        for term in required.children("nodeSelectorTerms"):
            _check_term(term)
    for preferred in affinity.children(PREFERRED):
        _check_term(preferred.child("preference"), any_value=True)


def _check_term(term: Fields, *, any_value: bool = False) -> None:
    """Note what is wrong with a term; `any_value`: its values need not be those of labels."""
    for entry in term.children("matchExpressions"):
        check_key(entry, "key")
        values, operator = entry.texts("values"), entry.text("operator")
        least, most = COUNTS.get(operator, (0, MANY))
        if not operator:
            entry.refuse("operator", "is missing or empty")
        elif not least <= len(values) <= most:
            entry.refuse("values", f"has {len(values)} entries, which {operator} does not allow")
        for number, value in enumerate(values):
            if not any_value and not is_label_value(value):
                entry.refuse(f"values[{number}]", f"is `{value[:60]}`: {VALUE}")
    for entry in term.children("matchFields"):
        if entry.text("operator") not in ("In", "NotIn") or len(entry.texts("values")) != 1:
            entry.refuse("operator", "is In or NotIn, with one of `values`, for a field")
        if entry.text("key") != "metadata.name":
            entry.refuse("key", f"is `{entry.text('key')[:60]}`, where `metadata.name` is expected")
            continue
        for number, name in enumerate(entry.texts("values")):
            check_subdomain(entry, f"values[{number}]", name)


def _check_pod_affinity(affinity: Fields) -> None:
    preferred = [one.child("podAffinityTerm") for one in affinity.children(PREFERRED)]
    for term in (*affinity.children(REQUIRED), *preferred):
        check_key(term, "topologyKey")
        check_selector(term.child("labelSelector"))
        check_selector(term.child("namespaceSelector"))
        _check_label_keys(term, ("matchLabelKeys", "mismatchLabelKeys"))
        for number, name in enumerate(term.texts("namespaces")):
            check_name(term, f"namespaces[{number}]", name)
            if not name:
                term.refuse(f"namespaces[{number}]", "is empty")


def _check_label_keys(fields: Fields, keys: Iterable[str]) -> None:
    """Note keys of labels that go with a selector, where there is none."""
    for key in keys:
        if fields.texts(key) and not fields.has("labelSelector"):
            fields.refuse(key, "is for what has a labelSelector")


def _check_dns(spec: Fields) -> None:
    config = spec.child("dnsConfig")
    servers, searches = config.texts("nameservers"), config.texts("searches")
    if spec.text("dnsPolicy") == "None" and not servers:
        spec.refuse("dnsConfig", "has no nameservers, which `dnsPolicy: None` needs")
    if len(servers) > MOST_SERVERS or len(searches) > MOST_SEARCHES:
        spec.refuse("dnsConfig", f"has more than {MOST_SERVERS} nameservers, or more than {MOST_SEARCHES} searches")
    for number, server in enumerate(servers):
        _check_ip(config, f"nameservers[{number}]", server)
    for number, search in enumerate(searches):
        if search != "." and not SEARCH.fullmatch(search.removesuffix(".")):
            config.refuse(f"searches[{number}]", f"is `{search[:60]}`: {SUBDOMAIN_RULE}")
    for option in config.children("options"):
        if not option.text("name"):
            option.refuse("name", "is missing or empty")


def _check_sysctls(context: Fields, *, on_host: bool) -> None:
    seen: set[str] = set()
    for one in context.children("sysctls"):
        name = one.text("name")
        if not SYSCTL.fullmatch(name) or len(name) > LONGEST_SUBDOMAIN:
            one.refuse("name", f"is `{name[:60]}`, which is no name of a sysctl")
        elif name in seen:
            one.refuse("name", f"is `{name}`, as of another sysctl")
        elif on_host and name.replace("/", ".").startswith("net."):
            one.refuse("name", f"is `{name}`, which is the host's for a pod on its network")
        seen.add(name)


def _check_ip(fields: Fields, key: str, text: str) -> None:
    if not is_address(text):
        fields.refuse(key, f"is `{text[:60]}`, where an IP address is expected")
