"""Draws accesses: Graphviz's language, SVG without any program, and one HTML page. Text is built, not printed."""

from collections.abc import Sequence
from html import escape

from meshpolicy.analysis.access import Access
from meshpolicy.analysis.words import ANYONE

ROW, WIDTH, BOX, GAP = 36, 840, 250, 16
COLOURS = {"open": "#c2410c", "known": "#1d4ed8"}
"""Of clients without mesh identity, and of those with one."""
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1b1f24}"
    "table{border-collapse:collapse}th,td{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #d0d7de}"
    ".open{color:#9a3412}"
)


def dot(found: Sequence[Access]) -> str:
    """Return a graph for Graphviz: clients, ports, and what is allowed between them."""
    lines = ["digraph access {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for (client, server), label in _edges(found).items():
        style = ", color=orangered" if client.startswith(ANYONE) else ""
        lines.append(f'  "{_quoted(client)}" -> "{_quoted(server)}" [label="{_quoted(label)}"{style}];')
    return "\n".join([*lines, "}"])


def svg(found: Sequence[Access]) -> str:
    """Return a drawing: a row for each client of a port, an arrow with what it may ask, and the port on the right."""
    edges = _edges(found)
    servers: dict[str, list[str]] = {}
    for client, server in edges:
        servers.setdefault(server, []).append(client)
    height = ROW * len(edges) + GAP * (len(servers) + 1) + ROW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f'<title>Who may call whom</title>{_markers()}<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    top = GAP
    for server, clients in servers.items():
        for row, client in enumerate(clients):
            parts += _arrow(top + row * ROW, client, edges[client, server])
        parts.append(_box(WIDTH - GAP - BOX, top, server, len(clients)))
        top += ROW * len(clients) + GAP
    return "\n".join([*parts, _legend(top), "</svg>"])


def _markers() -> str:
    """Return the heads of arrows, one of each colour."""
    heads = (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0 0 L8 4 L0 8 z" fill="{colour}"/></marker>'
        for name, colour in COLOURS.items()
    )
    return f"<defs>{''.join(heads)}</defs>"


def _arrow(top: int, client: str, label: str) -> list[str]:
    """Return a client's box, its arrow, and what it may ask above it."""
    kind = "open" if client.startswith(ANYONE) else "known"
    left, right, middle = GAP + BOX, WIDTH - GAP - BOX, top + ROW // 2
    return [
        _box(GAP, top, client),
        f'<line x1="{left}" y1="{middle}" x2="{right}" y2="{middle}" stroke="{COLOURS[kind]}" '
        f'marker-end="url(#{kind})"/>',
        f'<text x="{(left + right) // 2}" y="{middle - 4}" text-anchor="middle" fill="{COLOURS[kind]}">'
        f"{escape(_short(label, 40))}<title>{escape(label)}</title></text>",
    ]


def _box(x: int, top: int, name: str, rows: int = 1) -> str:
    """Return a named box that spans so many rows."""
    middle = top + ROW * rows // 2
    return (
        f'<rect x="{x}" y="{top + 4}" width="{BOX}" height="{ROW * rows - 8}" rx="4" fill="#f6f8fa" stroke="#57606a"/>'
        f'<text x="{x + 8}" y="{middle + 4}">{escape(_short(name, 36))}<title>{escape(name)}</title></text>'
    )


def _legend(top: int) -> str:
    words = {"open": "needs no mesh identity", "known": "by its mesh identity"}
    return "".join(
        f'<text x="{GAP + number * 200}" y="{top + 14}" fill="{COLOURS[kind]}">→ {text}</text>'
        for number, (kind, text) in enumerate(words.items())
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def html(found: Sequence[Access]) -> str:
    """Return a page that needs nothing else: the drawing and the table."""
    head = "".join(f"<th>{name}</th>" for name in ("server", "port", "client", "requests", "granted by"))
    rows = "".join(
        f"<tr><td>{escape(a.server)}</td><td>{a.port}</td>"
        f"<td{' class=open' if a.unmeshed else ''}>{escape(a.client)}</td>"
        f"<td>{escape(a.what)}</td><td>{escape(str(a.by))}</td></tr>"
        for a in found
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Who may call whom</title>'
        f"<style>{STYLE}</style></head><body><h1>Who may call whom</h1>{svg(found)}"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></body></html>"
    )


def _edges(found: Sequence[Access]) -> dict[tuple[str, str], str]:
    """Return what is allowed between each pair, joined."""
    labels: dict[tuple[str, str], list[str]] = {}
    for access in found:
        labels.setdefault((access.client, f"{access.server}:{access.port}"), []).append(access.what)
    return {pair: ", ".join(dict.fromkeys(what)) for pair, what in labels.items()}


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
