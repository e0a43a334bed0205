"""Tables say the numbers of results and evaluations, and nothing in them is markup."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from bandit.errors import BadInput
from simulations.report import tables
from simulations.report.inputs import Part
from simulations.report.numbers import interval, number
from simulations.report.page import report
from simulations.running.results import Results
from tests.simulations.report.made_up import HOSTILE, evaluated, explained, refused, simulated


def rows(html: str) -> dict[str, list[str]]:
    """Cells of each row, by its heading."""
    found = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", html))
    return {name: cells for name, *cells in found}


def test_policies_stand_with_the_best_first() -> None:
    found = simulated(policies=("best", "good", "uniform"))
    assert list(rows(tables.standings(found, "shop", "uniform")))[1:] == ["best", "good", "uniform"]


def test_a_difference_is_the_paired_one_with_its_interval() -> None:
    found = simulated(policies=("best", "uniform"))
    (paired,) = found.differences("uniform").filter(rounds=400).iter_rows(named=True)
    told = interval(paired["mean"], paired["low"], paired["high"], sign=True)
    assert tuple(rows(tables.standings(found, "shop", "uniform"))["best"][3:5]) == told


def test_only_seeds_that_both_ran_on_are_compared() -> None:
    found = simulated(policies=("best", "uniform"), seeds=4)
    fewer = Results(found.table.filter(~((found.table["policy"] == "uniform") & (found.table["seed"] == 4))))
    assert tables.differences(fewer, "shop", "uniform")["seeds"].to_list() == [3]


def test_a_world_without_the_reference_has_no_differences() -> None:
    cells = rows(tables.standings(simulated(policies=("a", "b")), "shop", "uniform"))["a"]
    assert cells[3:5] == [number(None)] * 2


def test_an_estimator_that_gave_no_number_is_refused() -> None:
    told = rows(tables.estimates(refused()))
    assert all(told[name][0] == "refused" for name in ("ips", "snips", "dr"))
    assert rows(tables.estimates(evaluated()))["ips"] == ["0.500", "0.250 to 0.750", "bootstrap", "1.333"]


def test_diagnostics_and_features_are_told() -> None:
    assert rows(tables.diagnostics(evaluated()))["effective sample size"][0] == "250"
    assert rows(tables.features(explained()))["Ad id"] == ["1", "0.5"]


def test_names_are_no_markup() -> None:
    assert HOSTILE not in tables.estimates(evaluated())
    assert "&lt;b&gt;it&lt;/b&gt;" in tables.estimates(evaluated())


@pytest.mark.parametrize("parts", [(), (Results(simulated().table.clear()),)])
def test_nothing_to_report_is_refused(parts: tuple[Part, ...]) -> None:
    with pytest.raises(BadInput, match="nothing to report"):
        report(*parts)


def test_a_reference_that_did_not_run_is_refused() -> None:
    with pytest.raises(BadInput, match="no policy 'oracle' in the results; there are engine, uniform"):
        report(simulated(), reference="oracle")


def test_the_same_parts_give_the_same_page_without_an_address() -> None:
    made = report(simulated(), evaluated(), refused(), explained())
    page = made.html()
    ours = page.replace(page[page.index("<script>/**") : page.rindex("<script>")], "")
    assert page == report(simulated(), evaluated(), refused(), explained()).html()
    assert "http" not in ours.replace("http-equiv", "").replace("https://example.com/x", "")


def test_every_figure_has_a_name_of_its_own() -> None:
    names = sorted(figure.name for figure in report(simulated(("a", "b")), evaluated(), refused(), explained()).figures)
    assert len(names) == 11
    assert all(one != other for one, other in pairwise(names))
