"""Prints the settings or the metrics, as Markdown: `python -m pingpong.reference settings|metrics`."""

import argparse
import sys
from collections.abc import Iterable, Sequence

from pingpong.metrics import Metrics
from pingpong.outcome import Outcome, Ping
from pingpong.settings import Settings, accepts, variables


def settings() -> str:
    """Return a table of all settings."""
    rows = []
    for variable, name in variables().items():
        field = Settings.model_fields[name]
        rows.append((f"`{variable}`", _default(field.default), accepts(name), field.description or ""))
    return table(("variable", "default", "accepts", "what it does"), rows)


def metrics() -> str:
    """Return a table of all metrics."""
    seen = Metrics()
    # A series shows its labels once it has a value.
    seen.ping(Ping("", Outcome.OK, 200, 0, ""))
    seen.request("GET", "/", 200, 0)
    rows = []
    for family in seen.registry.collect():
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        name = f"{family.name}_total" if family.type == "counter" else family.name
        rows.append((f"`{name}`", family.type, ", ".join(f"`{label}`" for label in labels), family.documentation))
    return table(("metric", "type", "labels", "what it says"), sorted(rows))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _default(value: object) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return f"`{str(value).lower()}`"
        case float():
            return f"`{value:g}`"
        case _:
            return f"`{value}`"


def main() -> None:
    """Print one table."""
    tables = {"settings": settings, "metrics": metrics}
    parser = argparse.ArgumentParser(prog="python -m pingpong.reference", description=__doc__)
    parser.add_argument("what", choices=tables)
    sys.stdout.write(tables[parser.parse_args().what]())


if __name__ == "__main__":
    main()
