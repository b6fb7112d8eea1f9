"""Every alert leads to a page that says the symptom, what to check and how to mend it; no page is left without one."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs/guides/operate"
GROUPS = yaml.safe_load((ROOT / "mesh/observability/rules.yml").read_text())["groups"]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"] if "alert" in rule}
PAGES = {page.stem for page in FOLDER.glob("*.md")} - {"README", "anchor-lost"}
WINDOWS = re.compile(r"ratio(\d+[mh]) > ([\d.]+) \* 0\.001")
MINUTES = {"5m": 5, "30m": 30, "1h": 60, "6h": 360}

each = pytest.mark.parametrize("alert", ALERTS)


def test_alerts_and_runbooks_are_the_same() -> None:
    assert set(ALERTS) == PAGES
    index = (FOLDER / "README.md").read_text()
    assert [
        name for name, rule in ALERTS.items() if f"| [{name}]({name}.md) | {rule['labels']['severity']} |" not in index
    ] == []


@each
def test_an_alert_leads_to_its_runbook(alert: str) -> None:
    runbook = ALERTS[alert]["annotations"]["runbook"]
    assert runbook == f"docs/guides/operate/{alert}.md"
    assert (ROOT / runbook).is_file()


@pytest.mark.parametrize("page", [*sorted(PAGES), "anchor-lost"])
def test_a_runbook_says_symptom_check_and_mend(page: str) -> None:
    parts = dict(
        re.findall(r"^## (\w+)\n\n(.+?)(?=^## |^\[All)", (FOLDER / f"{page}.md").read_text(), re.MULTILINE | re.DOTALL)
    )
    assert list(parts) == ["Symptom", "Check", "Mend"]
    assert re.search(r"^1\. ", parts["Check"], re.MULTILINE)
    assert re.search(r"^- ", parts["Mend"], re.MULTILINE)


@pytest.mark.parametrize(("alert", "days"), [("PingBudgetBurnsFast", 2), ("PingBudgetBurnsSlowly", 5)])
def test_a_burn_rate_is_looked_at_over_a_long_and_a_short_window(alert: str, days: int) -> None:
    """The short window is a twelfth of the long one; a month's budget at this rate lasts so many days."""
    (long, rate), (short, again) = WINDOWS.findall(ALERTS[alert]["expr"])
    assert rate == again
    assert MINUTES[long] == 12 * MINUTES[short]
    assert days <= 30 / float(rate) < days + 1


@pytest.mark.parametrize("window", MINUTES)
def test_a_window_is_recorded_over_its_own_time(window: str) -> None:
    (rule,) = [
        one for group in GROUPS for one in group["rules"] if one.get("record") == f"pingpong:failures:ratio{window}"
    ]
    assert set(re.findall(r"\[(\w+)\]", rule["expr"])) == {window}
