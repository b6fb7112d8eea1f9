"""What the API server refuses in where pods may run: names of nodes, keys of labels."""

import pytest

from .pods import NODE_RULE, on_nodes, placed, refused


@pytest.mark.parametrize(("name", "taken"), [("node-1.example", True), ("Node_1", False), ("", False)])
def test_a_field_of_a_node_has_a_nodes_name(name: str, taken: bool) -> None:
    """pkg/apis/core/validation/validation.go ValidateNodeFieldSelectorRequirement."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}
    wrong = [] if taken else [f"{NODE_RULE}[0].matchFields[0].values[0]"]
    assert refused(on_nodes(term)) == wrong


@pytest.mark.parametrize("key", ["matchLabelKeys", "mismatchLabelKeys"])
def test_keys_of_labels_go_with_a_selector(key: str) -> None:
    """pkg/apis/core/validation/validation.go validateLabelKeys."""
    rule = "requiredDuringSchedulingIgnoredDuringExecution"
    term = {"topologyKey": "zone", key: ["pod-template-hash"]}
    chosen = {**term, "labelSelector": {"matchLabels": {"app": "a"}}}
    assert refused(placed(podAffinity={rule: [term]})) == [f"spec.affinity.podAffinity.{rule}[0].{key}"]
    assert refused(placed(podAffinity={rule: [chosen]})) == []
