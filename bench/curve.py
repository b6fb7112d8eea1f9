"""Draws seconds over workloads as an SVG, both axes logarithmic: growth in line with size is a slope of one."""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10

Points = Sequence[tuple[float, float]]
WIDTH, HEIGHT, MARGIN = 640, 400, 56
COLOURS = ("#1f6feb", "#d9480f", "#1a7f37")
LOWER = (18, 4, -8)
"""How far below its last point the name of a series stands."""
STYLE = "text{font:13px system-ui,sans-serif;fill:#24292f}line{stroke:#d0d7de}.series{fill:none;stroke-width:2}"


def curve(title: str, series: Mapping[str, Points], goal: tuple[float, float], words: str) -> str:
    """Return the drawing; `goal` is a point that no series may pass above, and `words` name it."""
    points = [goal, *(point for found in series.values() for point in found)]
    low = tuple(int(log10(min(point[axis] for point in points)) // 1) for axis in (0, 1))
    high = tuple(int(-(-log10(max(point[axis] for point in points)) // 1)) for axis in (0, 1))

    def at(x: float, y: float) -> tuple[float, float]:
        across = (log10(x) - low[0]) / (high[0] - low[0])
        up = (log10(y) - low[1]) / (high[1] - low[1])
        return round(MARGIN + across * (WIDTH - 2 * MARGIN), 1), round(HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN), 1)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{MARGIN}" y="28">{escape(title)}</text>',
    ]
    for power in range(low[0], high[0] + 1):
        x, bottom = at(10**power, 10 ** low[1])
        lines.append(f'<line x1="{x}" y1="{bottom}" x2="{x}" y2="{MARGIN}"/>')
        lines.append(f'<text x="{x}" y="{bottom + 20}" text-anchor="middle">{10**power:,}</text>')
    for power in range(low[1], high[1] + 1):
        left, y = at(10 ** low[0], 10**power)
        lines.append(f'<line x1="{left}" y1="{y}" x2="{WIDTH - MARGIN}" y2="{y}"/>')
        lines.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{10**power:g} s</text>')
    for (name, found), colour, lower in zip(series.items(), COLOURS, LOWER, strict=False):
        path = " ".join(f"{x},{y}" for x, y in (at(*point) for point in found))
        x, y = at(*found[-1])
        lines.append(f'<polyline class="series" stroke="{colour}" points="{path}"/>')
        lines.append(f'<text x="{x + 6}" y="{y + lower}" style="fill:{colour}">{escape(name)}</text>')
    x, y = at(*goal)
    lines.append(f'<circle cx="{x}" cy="{y}" r="4" fill="#24292f"/>')
    lines.append(f'<text x="{x - 8}" y="{y - 8}" text-anchor="end">{escape(words)}</text>')
    return "\n".join([*lines, "</svg>", ""])
