"""Accesses as a drawing in SVG, made without any other program. Text is built here and printed elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from meshpolicy.analysis.access import Access
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.render.graph import LABEL, Edge, Graph, Node, graph

LETTER, LINE = 7.2, 15
"""The width of a letter and the height of a line, in the units of the drawing."""
PAD, GAP, BAND = 12, 18, 28
COLOURS = {"open": "#c2410c", "known": "#1d4ed8"}
"""Of calls that need no mesh identity, and of those that do."""


def svg(cluster: Cluster, found: Sequence[Access]) -> str:
    """Return a drawing: a workload is one box, a namespace one band, and who calls stands left of what is called."""
    plan = _Plan(graph(cluster, found))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {plan.width} {plan.height}" width="{plan.width}" '
        f'height="{plan.height}" font-family="ui-monospace,monospace" font-size="12">',
        f'<title>Who may call whom</title>{_markers()}<rect width="{plan.width}" height="{plan.height}" fill="#fff"/>',
        *plan.bands(),
        *(text for edge in plan.drawn.edges for text in plan.arrow(edge)),
        *(plan.box(node) for node in plan.drawn.columns),
        *(text for edge in plan.drawn.edges for text in plan.label(edge)),
    ]
    return "\n".join([*parts, _legend(plan.height), "</svg>"])


class _Plan:
    """Where everything stands."""

    def __init__(self, drawn: Graph) -> None:
        self.drawn = drawn
        last = max(drawn.columns.values(), default=0)
        widths = [
            max((_width(node) for node, at in drawn.columns.items() if at == column), default=0)
            for column in range(last + 1)
        ]
        gap = round(LABEL * LETTER) + 4 * GAP
        self.left = [GAP + sum(widths[:column]) + gap * column for column in range(last + 1)]
        self._labels_below: dict[Node, int] = {}
        self.top: dict[Node, int] = {}
        self._bands: list[tuple[str, int, int]] = []
        self.width = self.left[-1] + widths[-1] + GAP + (gap if self._circular() else 0)
        self.height = self._stack() + 2 * LINE

    def _circular(self) -> bool:
        """Whether some call leads to the left, around its boxes."""
        columns = self.drawn.columns
        return any(columns[edge.client] >= columns[edge.server] for edge in self.drawn.edges)

    def _stack(self) -> int:
        """Put the boxes one below the other in each band, each with room for its labels; return where it ends."""
        heights: dict[Node, int] = {}
        for edge in self.drawn.edges:
            height = LINE * len(edge.label) + GAP
            heights[edge.client] = heights.get(edge.client, 0) + height
        y = GAP
        for namespace in self.drawn.namespaces:
            first, filled = y, dict[int, int]()
            y += BAND
            for node in sorted(self.drawn.columns, key=lambda one: one.name):
                if node.namespace == namespace:
                    column = self.drawn.columns[node]
                    self.top[node] = filled.get(column, y)
                    filled[column] = self.top[node] + max(heights.get(node, 0), 2 * LINE + GAP)
            y = max(filled.values(), default=y)
            self._bands.append((namespace, first, y))
            y += GAP
        return y

    def bands(self) -> Iterator[str]:
        """Yield a rectangle with a name for each namespace."""
        for namespace, first, last in self._bands:
            if namespace:
                yield (
                    f'<rect x="4" y="{first}" width="{self.width - 8}" height="{last - first}" rx="8" fill="#f6f8fa" '
                    f'stroke="#d0d7de"/><text x="{GAP}" y="{first + 18}" fill="#57606a">namespace {escape(namespace)}'
                    "</text>"
                )

    def box(self, node: Node) -> str:
        """Return a node."""
        x, y = self.left[self.drawn.columns[node]], self.top[node]
        dashed = "" if node.namespace and not node.name.startswith("account ") else ' stroke-dasharray="4 3"'
        return (
            f'<rect x="{x}" y="{y}" width="{_width(node)}" height="{2 * LINE}" rx="4" fill="#fff" stroke="#57606a"'
            f'{dashed}/><text x="{x + PAD}" y="{y + LINE + 4}">{escape(node.name)}</text>'
        )

    def _ends(self, edge: Edge) -> tuple[int, int, int, int]:
        client, server = edge.client, edge.server
        x1 = self.left[self.drawn.columns[client]] + _width(client)
        y1, y2 = self._label_top(edge) + LINE, self.top[server] + LINE
        return x1, y1, self.left[self.drawn.columns[server]], y2

    def _label_top(self, edge: Edge) -> int:
        """Return where the label of an edge begins: below those of its client's edges before it."""
        y = self.top[edge.client]
        for one in self.drawn.edges:
            if one is edge:
                return y
            y += LINE * len(one.label) + GAP if one.client == edge.client else 0
        return y

    def arrow(self, edge: Edge) -> Iterator[str]:
        """Yield the arrow of a call."""
        kind = "open" if edge.unmeshed else "known"
        x1, y1, x2, y2 = self._ends(edge)
        start = self.top[edge.client] + LINE
        middle = x1 + round(LABEL * LETTER) + 2 * GAP
        way = f"M{x1} {start} C{x1 + GAP} {start} {x1} {y1} {x1 + GAP} {y1} L{middle} {y1} "
        if x2 > middle:
            way += f"C{middle + 2 * GAP} {y1} {x2 - 2 * GAP} {y2} {x2} {y2}"
        else:
            way += f"C{middle + 3 * GAP} {y1} {middle + 3 * GAP} {y2 + 2 * LINE} {middle} {y2 + 2 * LINE} "
            way += f"L{x2 - GAP} {y2 + 2 * LINE} C{x2 - 2 * GAP} {y2 + 2 * LINE} {x2 - 2 * GAP} {y2} {x2} {y2}"
        yield f'<path d="{way}" fill="none" stroke="{COLOURS[kind]}" marker-end="url(#{kind})"/>'

    def label(self, edge: Edge) -> Iterator[str]:
        """Yield the lines of what a call may ask, above its arrow's first stretch and below it."""
        kind = "open" if edge.unmeshed else "known"
        x, y, _, _ = self._ends(edge)
        for number, line in enumerate(edge.label):
            at = y - 4 if number == 0 else y + LINE * number
            yield f'<text x="{x + 2 * GAP}" y="{at}" fill="{COLOURS[kind]}">{escape(line)}</text>'


def _width(node: Node) -> int:
    return round(len(node.name) * LETTER) + 2 * PAD


def _markers() -> str:
    """Return the heads of arrows, one of each colour."""
    heads = (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0 0 L8 4 L0 8 z" fill="{colour}"/></marker>'
        for name, colour in COLOURS.items()
    )
    return f"<defs>{''.join(heads)}</defs>"


def _legend(height: int) -> str:
    words: Mapping[str, str] = {"open": "needs no mesh identity", "known": "by its mesh identity"}
    return "".join(
        f'<text x="{GAP + number * 220}" y="{height - LINE}" fill="{COLOURS[kind]}">→ {text}</text>'
        for number, (kind, text) in enumerate(words.items())
    )
