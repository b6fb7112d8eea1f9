"""All facts that answers rest on: R is Linkerd's, M was found by measuring, N is NetworkPolicy's under Linkerd."""

from collections.abc import Iterable, Mapping

from meshpolicy.semantics.controller import CONTROLLER_RULES
from meshpolicy.semantics.measured import MEASURED_RULES
from meshpolicy.semantics.networkpolicy import NETWORK_RULES
from meshpolicy.semantics.proxy import PROXY_RULES
from meshpolicy.semantics.rule import Rule
from meshpolicy.semantics.sidecar import SIDECAR_RULES

RULES: Mapping[str, Rule] = {
    rule.number: rule for rule in (*CONTROLLER_RULES, *PROXY_RULES, *SIDECAR_RULES, *MEASURED_RULES, *NETWORK_RULES)
}
"""Every rule by its number."""


def sentences(numbers: Iterable[str]) -> list[str]:
    """Return `R13: …` for each rule, in the order given, each once."""
    return [str(RULES[number]) for number in dict.fromkeys(numbers) if number in RULES]
