"""Parts of the page that need no browser, run by node: thinning, numbers, sweeps, the layout of graphs, CSV."""

import json
import shutil
import subprocess

import pytest
from test_vendored import STATIC, node

IMPORTS = """
import { thinned, lastAt } from "./curves/thinning.js";
import { written, grouped, withUnit, spoken } from "./parts/numbers.js";
import { cells, usualAxes, valuesOf } from "./pages/sweep_cells.js";
import { arrows, circle, layered, visible } from "./findings/graph_layout.js";
const give = (value) => console.log(JSON.stringify(value));
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """run(body): what `body`, lines of a module with `give(value)`, gives."""
    if node() is None:
        pytest.skip("neither node nor Playwright is installed; either can run JavaScript.")
    folder = tmp_path_factory.mktemp("page") / "static"
    shutil.copytree(STATIC, folder)
    (folder / "package.json").write_text('{"type": "module"}')

    def ran(body):
        (folder / "asked.js").write_text(IMPORTS + body)
        done = subprocess.run([node(), "asked.js"], cwd=folder, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ran


def test_a_thinned_line_keeps_the_extremes_of_every_stretch_and_its_order(run):
    found = run(
        """
        const xs = Array.from({ length: 100000 }, (_, at) => 3 * at);
        const ys = xs.map((x, at) => (at === 54321 ? 99 : at === 777 ? -99 : Math.sin(at / 50)));
        const kept = thinned(xs, ys, -Infinity, Infinity, 400);
        const part = thinned(xs, ys, 3000, 3030, 400);
        give({ many: kept.length, spike: kept.includes(54321), dip: kept.includes(777),
               rising: kept.every((at, place) => !place || kept[place - 1] < at), part });
        """
    )
    assert found["many"] <= 800
    assert (found["spike"], found["dip"], found["rising"]) == (True, True, True)
    # What is zoomed into is drawn point by point, one beyond the right edge so that the line leaves the panel.
    assert found["part"] == list(range(1000, 1012))


def test_missing_values_are_left_out_of_a_line(run):
    assert run("give(thinned([0, 1, 2, 3], [5, null, 7, null], -Infinity, Infinity, 10));") == [0, 2]


def test_the_row_up_to_a_step_is_found(run):
    assert run("give([-1, 0, 5, 9, 100].map((x) => lastAt([0, 4, 9], x)));") == [-1, 0, 1, 2, 2]


def test_numbers_are_written_for_a_glance_and_keep_their_size(run):
    values = "[0, 7, 65536, -131072, 0.000123456, 0.00001234, 3.14159, -2.5, 12345678.9, null, NaN, 1e300]"
    thin, minus = "\u202f", "\u2212"
    assert run(f"give({values}.map(written));") == [
        "0",
        "7",
        f"65{thin}536",
        f"{minus}131{thin}072",
        "0.0001235",
        f"1.23e{minus}5",
        "3.142",
        f"{minus}2.5",
        "1.23e7",
        "–",
        "NaN",
        "1.00e300",
    ]
    assert run('give([withUnit(2, "bits/byte"), withUnit(2, "dimensionless"), spoken("a_b_c")]);') == [
        "2 bits/byte",
        "2",
        "a b c",
    ]


SWEEP = """
const runs = [[0.1, "a", 1, 4], [0.1, "a", 2, 6], [0.01, "a", 1, 1], [0.01, "b", 1, null]].map(
  ([rate, language, seed, m], at) =>
    ({ run: `r${at}`, settings: { rate, language, seed }, row: m === null ? {} : { m } }));
"""


def test_a_sweep_is_averaged_over_the_runs_that_have_the_metric(run):
    found = run(
        SWEEP + 'const { columns, rows, grid } = cells(runs, "m", "rate", "language"); give({ columns, rows, grid });'
    )
    assert found["columns"] == [0.01, 0.1]
    assert found["rows"] == ["a", "b"]
    cell = found["grid"][0][1]
    assert (cell["mean"], cell["low"], cell["high"], [each["run"] for each in cell["runs"]]) == (5, 4, 6, ["r0", "r1"])
    without = found["grid"][1][0]
    assert (without["mean"], len(without["runs"]), without["values"]) == (None, 1, [])
    assert found["grid"][1][1]["runs"] == []


def test_a_sweep_is_laid_out_by_settings_and_only_by_the_seed_where_nothing_else_differs(run):
    assert run(SWEEP + 'give(usualAxes(["seed", "language", "rate"], runs));') == ["language", "rate"]
    assert run(SWEEP + 'give(usualAxes(["seed"], runs));') == ["seed", ""]


TREE = """
const nodes = ["a", "b", "c", "d", "e"].map((name) => ({ name }));
const edges = [["a", "b"], ["a", "c"], ["b", "d"], ["c", "d"], ["d", "e"]];
const ties = arrows(nodes, edges.map(([source, target]) => ({ source, target })));
"""


def test_generations_stand_below_one_another(run):
    found = run(
        TREE + "const laid = layered(nodes, ties, 400); give([...laid.places].map(([name, [x, y]]) => [name, y]));"
    )
    heights = dict(found)
    assert heights["a"] < heights["b"] == heights["c"] < heights["d"] < heights["e"]


def test_folding_a_node_hides_only_what_nothing_else_leads_to(run):
    assert run(TREE + 'give([...visible(nodes, ties, new Set(["b"]))].sort());') == ["a", "b", "c", "d", "e"]
    assert run(TREE + 'give([...visible(nodes, ties, new Set(["b", "c"]))].sort());') == ["a", "b", "c"]


def test_a_ring_is_laid_out_and_seen_though_it_has_no_beginning(run):
    ring = """
    const nodes = ["a", "b", "c"].map((name) => ({ name }));
    const ties = arrows(nodes, [["a", "b"], ["b", "c"], ["c", "a"]].map(([source, target]) => ({ source, target })));
    give([visible(nodes, ties, new Set()).size, layered(nodes, ties, 300).places.size, circle(nodes, 300).places.size]);
    """
    assert run(ring) == [3, 3, 3]


def test_a_table_is_copied_with_every_digit_and_quoted_where_needed(run):
    source = (STATIC / "findings" / "table.js").read_text()
    pure = source[source.index("export function csv") :].replace("export ", "")
    body = 'give(csv({ columns: ["a", "b,c"], rows: [[0.1 + 0.2, null], ["say \\"x\\"", true]] }));'
    assert run(pure + body) == 'a,"b,c"\r\n0.30000000000000004,\r\n"say ""x""",true\r\n'
