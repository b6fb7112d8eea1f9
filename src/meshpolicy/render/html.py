"""Accesses as one self-contained HTML page. Text is built here and printed elsewhere."""

from collections.abc import Sequence
from html import escape

from meshpolicy.analysis.access import Access
from meshpolicy.analysis.words import access_words
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.render.rows import ACCESS_HEAD
from meshpolicy.render.svg import svg

STYLE = (
    ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1b1f24;background:#fff}"
    ".scroll{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse}"
    "th,td{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #d0d7de}.unmeshed{color:#b23a08}"
    "@media (prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,td{border-color:#3d444d}"
    ".unmeshed{color:#ffa070}}"
)


def html(cluster: Cluster, found: Sequence[Access]) -> str:
    """Return a self-contained page with the drawing and the table."""
    head = "".join(f'<th scope="col">{name}</th>' for name in ACCESS_HEAD)
    rows = "".join(_row(cluster, access) for access in found)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Who may call whom</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style></head><body><h1>Who may call whom</h1>"
        f'<div class="scroll" tabindex="0">{svg(cluster, found)}</div>'
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        "</body></html>"
    )


def _row(cluster: Cluster, access: Access) -> str:
    server, port, client, requests = map(escape, access_words(access, cluster.settings))
    shown = f"<td{' class=unmeshed' if access.unmeshed else ''}>{client}</td><td>{requests}</td>"
    return f"<tr><td>{server}</td><td>{port}</td>{shown}<td>{escape(str(access.by))}</td></tr>"
