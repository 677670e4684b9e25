"""A comparison from its first call to its last: what is run, kept, shown, refused."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from small_runs import TINY, files_of

import ganzoo
from ganzoo.cli.main import main
from ganzoo.comparison import compare as module
from ganzoo.comparison import report, run_process
from ganzoo.comparison.entries import make
from ganzoo.runs import directory
from ganzoo.runs.experiment import from_dict, to_dict
from ganzoo.utils.signals import Terminated

SETTINGS = {
    "images": 64,
    "seeds": 2,
    "only": ["frechet_distance", "recall"],
    "progress": False,
    "batch_size": 16,
    "evaluation_samples": 30,
    "extractor": "pixels",
}
WORDS = ["vanilla", "hinge=vanilla:loss=hinge", "bad=vanilla:prior=nonsense"]


def in_process(monkeypatch):
    """Lets runs be trained in this process; returns the list of those that were."""
    done = []

    def train(self, entry, seed, path):
        done.append((entry.name, seed))
        try:
            run_process.run(entry.run(seed), path, self.only)
        except ValueError as error:
            return f"{type(error).__name__}: {error}"
        return ""

    monkeypatch.setattr(module._Processes, "_train", train)
    return done


@pytest.fixture
def trained(monkeypatch):
    return in_process(monkeypatch)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A comparison of one entry with one seed; tests leave it as it is."""
    path = tmp_path_factory.mktemp("comparisons") / "one"
    with pytest.MonkeyPatch.context() as monkeypatch:
        in_process(monkeypatch)
        compare(path, WORDS[:1], seeds=1)
    return path


@pytest.fixture
def one(finished, tmp_path):
    """A copy of it, to do with as a test likes."""
    return shutil.copytree(finished, tmp_path / "one")


def compare(path, words=WORDS[:2], **changes):
    return ganzoo.compare(words, path, options=TINY, **SETTINGS | changes)


def test_runs_are_ranked_and_those_that_are_done_are_kept(tmp_path, trained, capsys):
    found = compare(tmp_path, WORDS, progress=True)
    assert len(trained) == 6
    assert [place.seeds for place in found.places] == [2, 2]
    assert [run.failure != "" for run in found.runs] == [False] * 4 + [True] * 2
    said = capsys.readouterr().err
    assert "[1/6] vanilla, seed 0: frechet_distance" in said
    assert "bad, seed 1: ValueError" in said
    _check_files(found)
    _check_costs(found)
    again = compare(tmp_path, WORDS)
    assert trained[6:] == [("bad", 0), ("bad", 1)]  # what failed is tried again
    assert again.rows() == found.rows()
    more = compare(tmp_path, WORDS[:2], seeds=3)
    assert trained[8:] == [("vanilla", 2), ("hinge", 2)]
    assert len(more.scores("hinge")) == 3


def _check_files(found):
    with open(found.path / "scores.csv") as file:
        rows = list(csv.DictReader(file))
    kinds = {(row["variant"], row["seed"], row["metric"]) for row in rows}
    assert len(kinds) == 2 * 2 * 2 + 2  # entries, seeds, metrics; failures
    assert all(row["protocol"] for row in rows if not row["failure"])
    assert len(json.loads((found.path / "scores.json").read_text())["scores"]) == len(
        rows
    )
    page = (found.path / report.FILE).read_text()
    assert page.count("Grid of samples") == 4
    assert page.count("nearest training images") == 2
    table = found.table()
    assert "real data" in table and "FAILED bad, seed 0: ValueError" in table
    assert found.verdict() in table


def _check_costs(found):
    cost = found.runs[0].cost
    g = 4 * 8 + 8 + 8 * 64 + 64
    assert cost["g_parameters"] == g
    assert cost["d_parameters"] == 64 * 8 + 8 + 8 + 1
    assert 2 * (4 * 8 + 8 * 64) <= cost["flops_per_sample"] <= 4 * g
    assert cost["peak_memory_mib"] > 100 and cost["seconds"] > 0


def test_a_grid_of_two_options_is_a_table(tmp_path, trained):
    grid = {"loss": ["hinge", "minimax"], "prior": ["normal", "nonsense"]}
    found = compare(tmp_path, ["vanilla"], seeds=1, grid=grid)
    head, *rows = found.cross_table()
    assert head == ["frechet_distance: loss, prior", "normal", "nonsense"]
    assert [(row[0], row[2]) for row in rows] == [
        ("hinge", "failed"),
        ("minimax", "failed"),
    ]
    assert float(rows[0][1]) > 0
    assert "failed" in found.table()


def test_table_and_report_are_there_after_each_run(tmp_path, monkeypatch):
    """The third run is stopped: what the first two gave is there."""
    done = in_process(monkeypatch)
    train, seen = module._Processes._train, []

    def stops(self, entry, seed, path):
        page = tmp_path / report.FILE
        seen.append(page.read_text() if page.exists() else "")
        if len(done) == 2:
            raise Terminated
        return train(self, entry, seed, path)

    monkeypatch.setattr(module._Processes, "_train", stops)
    with pytest.raises(Terminated):
        compare(tmp_path)
    assert done == [("vanilla", 0), ("hinge", 0)]
    assert not seen[0] and "not run yet" in seen[1]
    page = (tmp_path / report.FILE).read_text()
    assert "2 of 4 runs are still missing" in page and "not run yet" not in page
    content = json.loads((tmp_path / "scores.json").read_text())
    assert {row["variant"] for row in content["scores"]} == {"vanilla", "hinge"}
    assert not [row for row in content["scores"] if row["failure"]]
    with open(tmp_path / "scores.csv") as file:
        assert len(list(csv.DictReader(file))) == len(content["scores"])


def test_a_report_that_cannot_be_drawn_ends_no_comparison(one, trained, monkeypatch):
    def fails(comparison):
        raise MemoryError

    monkeypatch.setattr(report, "write", fails)
    with pytest.warns(UserWarning, match="report.html could not be drawn: MemoryError"):
        assert compare(one, WORDS[:1], seeds=1).runs[0].scores


def test_what_is_not_whole_is_run_again(one, trained):
    file = one / "runs" / "vanilla" / "seed_0" / run_process.FILE
    file.write_text(file.read_text()[:-5])
    compare(one, WORDS[:1], seeds=1)
    assert trained == [("vanilla", 0)]


# --- processes --------------------------------------------------------------------


def test_a_killed_comparison_ends_its_run_which_saves_first(tmp_path):
    """In processes of their own, as the command starts them."""
    words = [f"--set={k}={json.dumps(v)}" for k, v in TINY.items()]
    command = [
        *(sys.executable, "-m", "ganzoo", "compare", "a=vanilla", "b=vanilla", *words),
        *("--images=320000", "--seeds=1", "--jobs=2", "--only=recall"),
        *("--batch_size=16", "--evaluation_samples=30", "--extractor=pixels"),
        f"--workdir={tmp_path}",
    ]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    run = tmp_path / "runs" / "a" / "seed_0"
    _wait(lambda: (run / "metrics.jsonl").exists(), process)
    with pytest.raises(ValueError, match="Another process"):
        compare(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    _wait(lambda: _free(run))
    checkpoints = list((run / "checkpoints").glob("*.json"))
    assert checkpoints  # it saved when it was left alone
    assert not (run / run_process.FILE).exists()


def _wait(done, process=None):
    end = time.monotonic() + 180
    while not done():
        assert time.monotonic() < end and (process is None or process.poll() is None)
        time.sleep(0.2)


def _free(path):
    try:
        with directory.claim(path):
            return True
    except ValueError:
        return False


def test_a_process_that_dies_is_a_failure_with_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(run_process, "__name__", "ganzoo.no_such_module")
    found = compare(tmp_path, WORDS[:1], seeds=1)
    failure = found.runs[0].failure
    assert "ended with code 1" in failure
    log = tmp_path / "logs" / "vanilla_seed_0.txt"
    assert str(log) in failure and "no_such_module" in log.read_text()
    assert "Nothing to rank" in found.table()


def test_a_task_tells_why_it_failed(tmp_path, monkeypatch, capsys):
    read, write = os.pipe()
    (entry,) = make(["dcgan"], images=1, settings={"dataset": "no_such_set"})
    task = {
        "experiment": to_dict(entry.experiment),
        "path": str(tmp_path),
        "only": None,
    }
    os.write(write, json.dumps(task).encode() + b"\n")
    with os.fdopen(read) as stdin, pytest.raises(ValueError):
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(run_process, "_end_with_parent", lambda: None)
        run_process.main()
    os.close(write)
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert "no_such_set" in said[run_process.FAILURE]
    assert from_dict(task["experiment"]) == entry.experiment


# --- bad input --------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{"seeds": 0}, {"jobs": 0}, {"images": 0}])
def test_whole_numbers_from_one(tmp_path, changes):
    with pytest.raises(ValueError, match="whole number from 1"):
        compare(tmp_path / "new", **changes)
    assert not (tmp_path / "new").exists()


def test_an_unknown_score_is_refused(tmp_path):
    for changes in ({"metric": "recal"}, {"only": ["recal"]}):
        with pytest.raises(ValueError, match="Did you mean 'recall'"):
            compare(tmp_path, **changes)


def test_the_public_name_is_the_function_however_often_it_is_asked_for():
    assert ganzoo.compare is ganzoo.compare is module.compare


def test_other_settings_are_refused_with_what_differs(one, trained):
    before = files_of(one)
    with pytest.raises(ValueError, match="vanilla.batch_size: 16 before, 32 now"):
        compare(one, WORDS[:1], seeds=1, batch_size=32)
    assert files_of(one) == before and not trained


def test_a_comparison_of_an_older_version_goes_on(one, trained):
    """It lacks a setting that has come since; nothing is trained or scored again."""
    (record,) = one.glob(f"runs/*/*/{run_process.FILE}")
    record = record.rename(record.with_name(run_process.OLD_FILE))
    content = json.loads(record.read_text())
    del content["experiment"]["direction"]
    record.write_text(json.dumps(content))
    content = json.loads((one / module.FILE).read_text())
    content["cells"] = content.pop("entries")
    for settings in content["cells"].values():
        del settings["direction"]
    (one / module.FILE).write_text(json.dumps(content))
    found = compare(one, WORDS[:1], seeds=1)
    assert found.runs[0].scores and not trained


def test_a_newer_comparison_is_named_and_left_alone(one, trained):
    file = one / module.FILE
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 99}))
    before = files_of(one)
    with pytest.raises(ValueError, match=f"{file} .*newer version"):
        compare(one, WORDS[:1], seeds=1)
    assert files_of(one) == before and not trained


@pytest.mark.parametrize("name", [run_process.FILE, "config.json"])
def test_a_newer_run_is_shown_as_failed_and_left_alone(one, trained, name):
    run = one / "runs" / "vanilla" / "seed_0"
    newer = json.loads((run / name).read_text()) | {"format": 99}
    if name == "config.json":
        (run / run_process.FILE).unlink()
    (run / name).write_text(json.dumps(newer))
    before = files_of(run)
    found = compare(one, WORDS[:1], seeds=1)
    assert "newer version" in found.runs[0].failure
    assert files_of(run) == before


def test_a_run_directory_is_no_comparison(one, tmp_path):
    with pytest.raises(ValueError, match="is a run directory"):
        compare(one / "runs" / "vanilla" / "seed_0")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "text").touch()
    with pytest.raises(ValueError, match="left as it is"):
        compare(tmp_path / "mine")


def test_names_make_files_that_cannot_leave_the_folder():
    names = [
        "../../x",
        "a/b",
        "a b",
        "a_b",
        ".",
        "x" * 300,
        "<script>",
        "dcgan:d_steps=2",
    ]
    folders = [module.folder(name) for name in names]
    assert len(set(folders)) == len(names)
    assert all("/" not in f and not f.startswith(".") for f in folders)
    assert all(len(f) < 100 for f in folders)
    assert module.folder("wgan-gp") == "wgan-gp"


def test_the_command_prints_the_table(tmp_path, trained, capsys, monkeypatch):
    words = [f"--set={k}={json.dumps(v)}" for k, v in TINY.items()]
    monkeypatch.setattr(
        sys,
        "argv",
        [
            *("ganzoo", "compare", "vanilla", "--grid=loss=hinge,minimax", *words),
            *("--images=32", "--seeds=1", "--only=recall", "--batch_size=16"),
            *("--evaluation_samples=30", "--extractor=pixels", f"--workdir={tmp_path}"),
        ],
    )
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    said = capsys.readouterr().out
    assert "vanilla:loss=hinge" in said and "No winner" in said
    assert f"See {tmp_path}/report.html" in said
    assert trained == [("vanilla:loss=hinge", 0), ("vanilla:loss=minimax", 0)]
