"""What was done to a run while it ran is told by the verbs that read, and by the report."""

import json
import shutil

import pytest
from calling import Call

from primordia.engine import report
from primordia.engine.folder import RunFolder
from primordia.engine.opening import open_run


@pytest.fixture
def changed(finished, tmp_path):
    """A copy of the finished run that says that a walker was put somewhere on the way."""
    copy = tmp_path / "changed"
    shutil.copytree(finished, copy)
    folder = RunFolder(copy)
    folder.note("intervention", 12, name="put", arguments={"site": 3, "walker": 1, "shift": 0})
    folder.note("intervention", 20, name="set", arguments={"settings": {"p_move": 0.25}})
    return copy


def test_show_and_report_tell_interventions_in_words(call: Call, changed):
    text = call("show", changed).out
    assert "put site=3, walker=1, shift=0" in text
    assert "set p_move=0.25" in text
    report.save(open_run(RunFolder(changed)))
    assert "put site=3, walker=1, shift=0" in (changed / "report.html").read_text()


def test_diff_says_that_only_one_was_changed_on_the_way(call: Call, finished, changed):
    told = json.loads(call("diff", finished, changed, "--json").out)
    assert told["settings"] == {}
    assert told["interventions"] == [[], ["12: put site=3, walker=1, shift=0", "20: set p_move=0.25"]]
    lines = call("diff", finished, changed).lines
    assert any(line.split()[:3] == ["second", "2", "12:"] for line in lines)
    assert "interventions" not in call("diff", changed, changed).out
