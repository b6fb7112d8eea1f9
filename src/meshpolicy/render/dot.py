"""Accesses in Graphviz's DOT language. Text is built here and printed elsewhere."""

from collections.abc import Sequence

from meshpolicy.analysis.access import Access
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.render.graph import graph


def dot(cluster: Cluster, found: Sequence[Access]) -> str:
    """Return a graph for Graphviz: workloads by namespace, and what is allowed between them."""
    drawn = graph(cluster, found)
    lines = ["digraph access {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for number, namespace in enumerate(drawn.namespaces):
        nodes = [node for node in drawn.columns if node.namespace == namespace]
        inner = [f'    "{_quoted(str(node))}" [label="{_quoted(node.name)}"];' for node in nodes]
        if namespace:
            lines += [f"  subgraph cluster_{number} {{", f'    label="{_quoted(namespace)}";', *inner, "  }"]
        else:
            lines += inner
    for edge in drawn.edges:
        style = ", color=orangered" if edge.unmeshed else ""
        label = "\\n".join(map(_quoted, edge.lines))
        lines.append(f'  "{_quoted(str(edge.client))}" -> "{_quoted(str(edge.server))}" [label="{label}"{style}];')
    return "\n".join([*lines, "}"])


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
