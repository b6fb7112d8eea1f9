"""Traces as people see them: a line each, and one as a waterfall. Built as text, at most 80 columns wide. No I/O."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from localmesh.traces.span import PLACE, REASONS, RULE, Span, Status
from localmesh.traces.trace import Trace
from localmesh.traces.view import TracesView
from meshpolicy.render.visible import visible

SHORT = 8
"""Digits of a trace ID that are shown; they usually identify the trace."""
NAME = 26
LABEL = 42
BAR = 22
STYLES = {"ok": "green", "refused": "yellow", "error": "red"}
INDENT = 2
DEEPEST = 10
"""Depth beyond which spans are not indented further."""

Shown = Callable[[str], str]
"""Returns a text with its file paths as the reader would write them."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a waterfall is drawn."""

    zone: tzinfo | None = None
    """Time zone of the times shown; None: that of the machine."""
    plain: bool = False
    """Whether bars consist of ASCII characters only."""


def status(trace: Trace) -> str:
    """Return how a trace ended, in one word."""
    if trace.refused:
        return "refused"
    return "error" if trace.failed else "ok"


def duration(seconds: float) -> str:
    """Return a duration in a suitable unit: `830 us`, `4.2 ms`, `1.25 s`."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} us"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def at(nanoseconds: int, zone: tzinfo | None = None) -> datetime:
    """Return the date of a time since 1970; if `datetime` cannot represent it, that of time 0."""
    try:
        return datetime.fromtimestamp(0, zone).astimezone(zone) + timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:
        return datetime.fromtimestamp(0, zone).astimezone(zone)


def clock(nanoseconds: int, zone: tzinfo | None) -> str:
    """Return the time of day with milliseconds."""
    return at(nanoseconds, zone).strftime("%H:%M:%S.%f")[:-3]


def listing(traces: Iterable[Trace], look: Look = Look()) -> Table:
    """Return a table with one line per trace, latest first."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column, right in (("TIME", 0), ("TRACE", 0), ("BEGINS WITH", 0), ("SPANS", 1), ("DURATION", 1), ("STATUS", 0)):
        table.add_column(column, no_wrap=True, justify="right" if right else "left")
    for trace in traces:
        ended = status(trace)
        root = trace.root
        table.add_row(
            clock(trace.start, look.zone),
            trace.trace_id[:SHORT],
            cut(f"{root.service} {root.name}", NAME),
            str(len(trace.spans)),
            duration(trace.seconds),
            Text(f"{ended} {root.answer or ''}".rstrip(), STYLES[ended]),
        )
    return table


def waterfall(trace: Trace, shown: Shown, look: Look = Look()) -> RenderableType:
    """Return the waterfall of a trace: each span below its parent, with a bar for its time within the trace."""
    ended = status(trace)
    head = Text(f"trace {trace.trace_id}\n", "bold")
    head.append(f"{at(trace.start, look.zone):%Y-%m-%d %H:%M:%S}, {duration(trace.seconds)}, ", "not bold")
    head.append(f"{len(trace.spans)} span{'s' if len(trace.spans) > 1 else ''}, ", "not bold")
    head.append(f"{ended}\n", f"not bold {STYLES[ended]}")
    return Group(head, *(_line(trace, depth, span, look) for depth, span in trace.tree()), *_refusals(trace, shown))


def _line(trace: Trace, depth: int, span: Span, look: Look) -> Text:
    label = cut(f"{' ' * (INDENT * min(depth, DEEPEST))}{span.service} {span.name}", LABEL)
    style = "red" if span.status is Status.ERROR else "yellow" if span.refused else ""
    line = Text(f"{label:<{LABEL}} ", style)
    line.append(bar(trace, span, plain=look.plain), style or "cyan")
    line.append(f" {duration(span.seconds):>8} {span.answer or ''}".rstrip())
    return line


def bar(trace: Trace, span: Span, *, plain: bool) -> str:
    """Return a bar of `BAR` columns that shows the start and end of a span within its trace."""
    whole = max(1, round(trace.seconds * 1e9))
    begins = min(BAR - 1, (span.start - trace.start) * BAR // whole)
    length = max(1, min(BAR - begins, round(span.seconds * 1e9 * BAR / whole)))
    return f"{' ' * begins}{('=' if plain else '━') * length}".ljust(BAR)


def _refusals(trace: Trace, shown: Shown) -> Iterator[Text]:
    """Yield one text per refused request: the pod, the request, the rule and the reasons."""
    for _, span in trace.tree():
        if span.refused:
            place = span.attributes.get(PLACE)
            by = f"{span.attributes.get(RULE, '')}" + (f" ({shown(str(place))})" if place else "")
            text = Text(f"\n{span.service} refused {span.name}: {span.refused}, by {by}", "yellow")
            for number, reason in enumerate(str(span.attributes.get(REASONS, "")).splitlines()):
                text.append(f"\n{'because' if number == 0 else '':9} {shown(reason)}", "not yellow default")
            yield text


def cut(text: str, width: int) -> str:
    """Return a text cut to `width` columns, with an ellipsis if it is longer; hidden characters are escaped."""
    text = visible(text)
    return text if len(text) <= width else f"{text[: width - 3]}..."


def kept(found: TracesView) -> str:
    """Return a sentence about the number of kept spans, and where more of them are."""
    forgotten = f", {found.forgotten} older ones are forgotten" if found.forgotten else ""
    words = f"{found.kept} spans are kept in memory{forgotten}."
    if found.page:
        return f"{words} Jaeger shows more: {found.page}"
    return f"{words} They are sent to {found.collector}, too." if found.collector else words


def nothing(found: TracesView, *, filtered: bool) -> str:
    """Return a sentence that says why no trace is listed."""
    if found.kept and filtered:
        return f"No trace that is kept is such a one. {kept(found)}"
    if found.ratio is None:
        return "No trace: the mesh was started with OTEL_SDK_DISABLED=true, so nobody makes spans."
    if found.ratio == 0:
        return (
            "No trace: LOCALMESH_TRACE_RATIO is 0, so none is recorded, but where a request asks for it:"
            " a `traceparent` that ends in 01."
        )
    return "No trace yet. They are kept in memory since the mesh started, and come within a second of a request."


def summary(trace: Trace) -> dict[str, Any]:
    """Return a trace's line of the list as JSON values."""
    root = trace.root
    return {
        "trace_id": trace.trace_id,
        "start": at(trace.start).isoformat(),
        "service": root.service,
        "name": root.name,
        "spans": len(trace.spans),
        "seconds": trace.seconds,
        "status": status(trace),
        "answer": root.answer,
        "services": list(trace.services),
    }


def in_full(trace: Trace, shown: Shown) -> dict[str, Any]:
    """Return a whole trace as JSON values, with the spans in the order of the tree."""
    spans = [{**asdict(span), "depth": depth, "seconds": span.seconds} for depth, span in trace.tree()]
    for span in spans:
        del span["size"]
        texts = {key: shown(span["attributes"][key]) for key in (PLACE, REASONS) if key in span["attributes"]}
        span["attributes"] = {**span["attributes"], **texts}
    return {**summary(trace), "spans": spans}
