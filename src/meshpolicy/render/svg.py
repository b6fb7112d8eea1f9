"""Accesses as an SVG drawing, made without other programs. Text is built here and printed elsewhere."""

from collections.abc import Iterator, Sequence
from html import escape

from meshpolicy.analysis.access import Access
from meshpolicy.analysis.words import counted
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.render.graph import LABEL, Edge, Graph, Node, graph

LETTER, LINE = 7.2, 15
"""The width of a letter and the height of a line, in the units of the drawing."""
PAD, GAP, BAND = 12, 18, 32
BOX = 2 * LINE
REACH = round(LABEL * LETTER) + GAP
"""The length of the straight part of an arrow, which has its label."""
STYLE = (
    ".access{--back:#fff;--band:#f6f8fa;--edge:#d0d7de;--text:#1b1f24;--dim:#57606a;--open:#b23a08;--known:#1d4ed8}"
    "@media (prefers-color-scheme:dark){.access{--back:#0d1117;--band:#161b22;--edge:#3d444d;--text:#e6edf3;"
    "--dim:#a5afba;--open:#ffa070;--known:#85bdff}}"
    ".access{background:var(--back);font:12px ui-monospace,Menlo,Consolas,monospace}"
    ".access text{fill:var(--text)}.access .dim{fill:var(--dim)}"
    ".band{fill:var(--band);stroke:var(--edge)}.box{fill:var(--back);stroke:var(--dim)}.box.wide{stroke-dasharray:4 3}"
    ".way{fill:none}.open .way{stroke:var(--open)}.known .way{stroke:var(--known)}"
    ".access .open text{fill:var(--open)}.access .known text{fill:var(--known)}"
    ".said{paint-order:stroke;stroke:var(--band);stroke-width:4px;stroke-linejoin:round}"
    ".tip-open{fill:var(--open)}.tip-known{fill:var(--known)}"
)
"""Colours for light and dark mode; each text has a contrast of at least 4.5 to its background."""
MEANING = {"open": "needs no mesh identity", "known": "by its mesh identity"}


def svg(cluster: Cluster, found: Sequence[Access]) -> str:
    """Return a drawing with a box for each workload, a band for each namespace, and callers left of called ones."""
    plan = _Plan(graph(cluster, found))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="access" role="img" aria-labelledby="access-title access-said" '
        f'viewBox="0 0 {plan.width} {plan.height}" width="{plan.width}" height="{plan.height}">',
        f'<title id="access-title">Who may call whom</title><desc id="access-said">{escape(_said(plan.drawn))}</desc>',
        f"<style>{STYLE}</style>{_tips()}",
        *plan.bands(),
        *(plan.arrow(edge) for edge in plan.drawn.edges),
        *(plan.box(node) for node in plan.drawn.columns),
        *(plan.label(edge) for edge in plan.drawn.edges),
    ]
    return "\n".join([*parts, _legend(plan.height), "</svg>"])


def _said(drawn: Graph) -> str:
    """Return a description of the drawing for screen readers."""
    spaces = [namespace for namespace in drawn.namespaces if namespace]
    lines = [_sentence(edge) for edge in drawn.edges]
    return " ".join((f"{counted(len(lines), 'call')} and {counted(len(spaces), 'namespace')}.", *lines))


def _sentence(edge: Edge) -> str:
    return f"{edge.client} may call {edge.server}{' without mesh identity' if edge.unmeshed else ''}: " + (
        "; ".join(edge.lines) + "."
    )


class _Plan:
    """The layout of the drawing."""

    def __init__(self, drawn: Graph) -> None:
        self.drawn = drawn
        self._calls: dict[Node, list[Edge]] = {}
        for edge in drawn.edges:
            self._calls.setdefault(edge.client, []).append(edge)
        last = max(drawn.columns.values(), default=0)
        widths = [
            max((_width(node) for node, at in drawn.columns.items() if at == column), default=0)
            for column in range(last + 1)
        ]
        gap = REACH + 4 * GAP
        self._left = [GAP + sum(widths[:column]) + gap * column for column in range(last + 1)]
        self._right = [left + width for left, width in zip(self._left, widths, strict=True)]
        self._top: dict[Node, int] = {}
        self._level: dict[int, int] = {}
        """The height of the straight part of each edge, by the edge's position."""
        self._bands: list[tuple[str, int, int]] = []
        ends = [self._right[drawn.columns[edge.client]] + gap for edge in drawn.edges if self._backwards(edge)]
        self.width = max(self._right[-1] + GAP, 460, *ends)
        self.height = self._stack() + 2 * LINE

    def _backwards(self, edge: Edge) -> bool:
        """Whether a call leads to the left, around the boxes."""
        return self.drawn.columns[edge.client] >= self.drawn.columns[edge.server]

    def _stack(self) -> int:
        """Place the boxes of each band where no arrow passes, with room for labels; return the total height."""
        y = GAP
        for namespace in self.drawn.namespaces:
            first = y
            y += BAND if namespace else 0
            taken: dict[int, list[tuple[int, int]]] = {}
            nodes = [node for node in self.drawn.columns if node.namespace == namespace]
            for node in sorted(nodes, key=lambda one: (self.drawn.columns[one], one.name)):
                self._place(node, y, taken)
            y = max((end for spans in taken.values() for _, end in spans), default=y)
            self._bands.append((namespace, first, y))
            y += GAP
        return y

    def _place(self, node: Node, y: int, taken: dict[int, list[tuple[int, int]]]) -> None:
        """Place a box at the first free height from `y` on, and reserve the levels of its arrows."""
        column, calls = self.drawn.columns[node], self._calls.get(node, [])
        heights = [LINE * len(edge.label) + GAP for edge in calls]
        above = max(0, heights[0] - GAP // 3 - LINE) if calls else 0
        need = max(sum(heights) + GAP // 2, above + BOX + GAP // 2)
        spans = taken.setdefault(column, [])
        for begin, end in sorted(spans):
            if y + need > begin and y < end:
                y = end
        spans.append((y, y + need))
        self._top[node] = y + above  # the first arrow leaves the box straight
        for edge, height in zip(calls, heights, strict=True):
            level = self._level[id(edge)] = y + height - GAP // 3
            for between in range(column + 1, self.drawn.columns[edge.server]):
                taken.setdefault(between, []).append((level - GAP // 2, level + GAP // 2))
            y += height

    def bands(self) -> Iterator[str]:
        """Yield a rectangle with a name for each namespace."""
        for namespace, first, last in self._bands:
            if namespace:
                yield (
                    f'<rect class="band" x="4" y="{first}" width="{self.width - 8}" height="{last - first}" rx="8"/>'
                    f'<text class="dim" x="{GAP}" y="{first + 20}">namespace {escape(namespace)}</text>'
                )

    def box(self, node: Node) -> str:
        """Return a node."""
        x, y = self._left[self.drawn.columns[node]], self._top[node]
        wide = "" if node.namespace and not node.name.startswith("account ") else " wide"
        return (
            f'<g><title>{escape(str(node))}</title><rect class="box{wide}" x="{x}" y="{y}" width="{_width(node)}" '
            f'height="{BOX}" rx="4"/><text x="{x + PAD}" y="{y + LINE + 4}">{escape(node.name)}</text></g>'
        )

    def arrow(self, edge: Edge) -> str:
        """Return the arrow of a call: a straight part with the label, up to the server's column, and a bend."""
        column = self.drawn.columns[edge.client]
        x1, x2 = self._left[column] + _width(edge.client), self._left[self.drawn.columns[edge.server]]
        y1, y, y2 = self._top[edge.client] + LINE, self._level[id(edge)], self._top[edge.server] + LINE
        far = self._right[column] + REACH + GAP
        way = f"M{x1} {y1} C{x1 + GAP} {y1} {x1} {y} {x1 + GAP} {y} "
        if self._backwards(edge):
            below = self._top[edge.server] + BOX + GAP // 3
            way += f"L{far} {y} C{far + 3 * GAP} {y} {far + 3 * GAP} {below} {far} {below} "
            way += f"L{x2 - GAP} {below} C{x2 - 2 * GAP} {below} {x2 - 2 * GAP} {y2} {x2} {y2}"
        else:
            bend = x2 - 3 * GAP
            way += f"L{bend} {y} C{bend + 2 * GAP} {y} {x2 - 2 * GAP} {y2} {x2} {y2}"
        kind = _kind(edge)
        return (
            f'<g class="{kind}"><title>{escape(_sentence(edge))}</title>'
            f'<path class="way" d="{way}" marker-end="url(#tip-{kind})"/></g>'
        )

    def label(self, edge: Edge) -> str:
        """Return the lines of a call's label, above the straight part of its arrow."""
        x = self._left[self.drawn.columns[edge.client]] + _width(edge.client) + GAP + PAD
        y = self._level[id(edge)] - 5 - LINE * (len(edge.label) - 1)
        lines = (
            f'<text class="said" x="{x}" y="{y + LINE * at}">{escape(text)}</text>'
            for at, text in enumerate(edge.label)
        )
        return f'<g class="{_kind(edge)}">{"".join(lines)}</g>'


def _kind(edge: Edge) -> str:
    return "open" if edge.unmeshed else "known"


def _width(node: Node) -> int:
    return round(len(node.name) * LETTER) + 2 * PAD


def _tips() -> str:
    """Return the heads of arrows, one of each colour."""
    heads = (
        f'<marker id="tip-{kind}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path class="tip-{kind}" d="M0 0 L8 4 L0 8 z"/></marker>'
        for kind in MEANING
    )
    return f"<defs>{''.join(heads)}</defs>"


def _legend(height: int) -> str:
    return "".join(
        f'<g class="{kind}"><text x="{GAP + number * 220}" y="{height - LINE}">→ {text}</text></g>'
        for number, (kind, text) in enumerate(MEANING.items())
    )
