"""Tables: as wide as they must be, or as narrow as a terminal is."""

import csv
import io

import pytest

from meshpolicy.render.csv import comma_separated
from meshpolicy.render.markdown import table as markdown
from meshpolicy.render.tables import fitted, plain

HEAD = ("server", "port", "granted by")
ROWS = [
    ["shop/cart", "8080", "AuthorizationPolicy web-may-cart"],
    ["shop/cart", "8080", "the kubelet's probes"],
    ["shop/web", "8080", "a|b, c"],
]


def test_a_table_fits_its_widest_cells_and_repeats_none() -> None:
    assert plain(HEAD, ROWS) == (
        "server     port  granted by\n"
        "─────────  ────  ────────────────────────────────\n"
        "shop/cart  8080  AuthorizationPolicy web-may-cart\n"
        "                 the kubelet's probes\n"
        "shop/web   8080  a|b, c"
    )


def test_a_narrow_terminal_breaks_cells_at_words_and_hyphens() -> None:
    assert plain(HEAD, ROWS, 40) == (
        "server     port  granted by\n"
        "─────────  ────  ───────────────────────\n"
        "shop/cart  8080  AuthorizationPolicy\n"
        "                   web-may-cart\n"
        "                 the kubelet's probes\n"
        "shop/web   8080  a|b, c"
    )


@pytest.mark.parametrize("width", [1, 20, 36, 50, 200])
def test_no_word_is_cut_however_narrow_it_gets(width: int) -> None:
    shown = plain(HEAD, ROWS, width)
    assert "AuthorizationPolicy" in shown
    assert max(map(len, shown.splitlines())) <= max(width, 36)


def test_a_regular_expression_goes_over_several_lines_and_loses_nothing() -> None:
    pattern = f'l5d-client-id~"({"|".join(f"account{number}" for number in range(12))})[.]shop[.].*"'
    lines = plain(("server", "client"), [["shop/cart", pattern]], 60).splitlines()
    assert max(map(len, lines)) <= 60
    assert "".join(line.removeprefix("shop/cart").strip() for line in lines[2:]) == pattern


def test_requests_and_names_stay_whole_where_there_is_room() -> None:
    rows = [["shop/cart-of-many", "8080", "GET /live, GET /ready, any method /admin/*"]]
    assert plain(("server", "port", "requests"), rows, 48).splitlines()[2:] == [
        "shop/cart-of-many  8080  GET /live, GET /ready,",
        "                           any method /admin/*",
    ]


def test_a_long_line_goes_on_set_in() -> None:
    line = "  - Server arena/http governs port 8080 (manifests/a.yaml:1) [R13]"
    assert fitted(line, None) == line
    assert fitted(line, 80) == line
    assert fitted(line, 40) == ("  - Server arena/http governs port 8080\n      (manifests/a.yaml:1) [R13]")
    assert fitted("x" * 50, 40) == "x" * 50


def test_other_forms_hold_every_cell() -> None:
    assert list(csv.reader(io.StringIO(comma_separated(HEAD, ROWS)))) == [list(HEAD), *ROWS]
    assert markdown(HEAD, ROWS).splitlines()[-1] == "| shop/web | 8080 | a\\|b, c |"
