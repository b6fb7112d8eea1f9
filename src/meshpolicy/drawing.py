"""Draws accesses: Graphviz's language, SVG without any program, and one HTML page. Text is built, not printed."""

from collections.abc import Sequence
from html import escape

from meshpolicy.access import Access

ROW, WIDTH, BOX = 36, 760, 250
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1b1f24}"
    "table{border-collapse:collapse}th,td{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #d0d7de}"
    ".open{color:#9a3412}"
)


def dot(found: Sequence[Access]) -> str:
    """Return a graph for Graphviz: clients, ports, and what is allowed between them."""
    lines = ["digraph access {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for (client, server), label in _edges(found).items():
        style = ", color=orangered" if client.startswith("anyone") else ""
        lines.append(f'  "{_quoted(client)}" -> "{_quoted(server)}" [label="{_quoted(label)}"{style}];')
    return "\n".join([*lines, "}"])


def svg(found: Sequence[Access]) -> str:
    """Return a drawing: clients on the left, ports on the right, a line for each pair that may talk."""
    edges = _edges(found)
    clients = list(dict.fromkeys(client for client, _ in edges))
    servers = list(dict.fromkeys(server for _, server in edges))
    height = ROW * (max(len(clients), len(servers), 1) + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        "<title>Who may call whom</title>",
    ]
    for (client, server), label in edges.items():
        left, right = _middle(clients.index(client)), _middle(servers.index(server))
        colour = "#c2410c" if client.startswith("anyone") else "#1d4ed8"
        parts.append(
            f'<line x1="{BOX}" y1="{left}" x2="{WIDTH - BOX}" y2="{right}" stroke="{colour}">'
            f"<title>{escape(f'{client} -> {server}: {label}')}</title></line>"
        )
    parts += [_box(0, index, name) for index, name in enumerate(clients)]
    parts += [_box(WIDTH - BOX, index, name) for index, name in enumerate(servers)]
    return "\n".join([*parts, "</svg>"])


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


def _box(x: int, index: int, name: str) -> str:
    shown = name if len(name) <= 38 else f"{name[:37]}…"
    return (
        f'<rect x="{x}" y="{index * ROW + 8}" width="{BOX}" height="{ROW - 10}" fill="#f6f8fa" stroke="#57606a"/>'
        f'<text x="{x + 8}" y="{_middle(index) + 4}">{escape(shown)}</text>'
    )


def _middle(index: int) -> int:
    return index * ROW + 8 + (ROW - 10) // 2


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
