"""What a verification looks like."""

import json
from io import StringIO
from xml.etree import ElementTree as Xml

from rich.console import Console

from meshverify.finding import Finding, Outcome, failed, judge, skip
from meshverify.report import as_json, as_junit, hints, summary, table

FINDINGS = [
    judge("mesh", "pinger-0 has a sidecar", "linkerd-proxy", "linkerd-proxy", good=True, hint="never shown"),
    judge("calls", "a -> b", "allowed", "refused", good=False, hint="look there"),
    skip("metrics", "scrapes", "viz is not installed"),
]


def test_only_failures_have_to_be_mended_and_carry_hints() -> None:
    assert failed(FINDINGS) == [Finding("calls", "a -> b", Outcome.FAILED, "allowed", "refused", "look there")]
    assert hints(FINDINGS) == ["a -> b: look there"]


def test_the_table_is_readable_without_colour() -> None:
    console = Console(width=90, file=StringIO(), no_color=True)
    console.print(table(FINDINGS))
    text = [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert text == [
        "   check                   expected       actual",
        "   mesh",
        "✓  pinger-0 has a sidecar  linkerd-proxy  linkerd-proxy",
        "   calls",
        "✗  a -> b                  allowed        refused",
        "   metrics",
        "-  scrapes                                viz is not installed",
    ]


def test_the_summary_counts() -> None:
    assert summary(FINDINGS, 12.4) == "1 passed, 1 failed, 1 skipped in 12 s."


def test_json_holds_everything() -> None:
    assert [one["outcome"] for one in json.loads(as_json(FINDINGS))] == ["passed", "failed", "skipped"]


def test_junit_is_what_ci_reads() -> None:
    suite = Xml.fromstring(as_junit(FINDINGS, 3.0))  # noqa: S314 it was made a line before
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "expected allowed, actual refused"
    assert failure.text == "look there"
