"""A comparison from its first call to its last: what is run, kept, shown, refused."""

import csv
import json
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
from ganzoo.comparison import entries, report, run_process
from ganzoo.comparison.workers import Workers
from ganzoo.runs import directory
from ganzoo.variants import _registry

pytestmark = pytest.mark.long

SETTINGS = {
    "steps": 4,
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

    def run(self, tasks, watch=None):
        for task in tasks:
            entry, seed = task.about or (None, "pilot")
            done.append((entry.name if entry else task.path.name, seed))
            try:
                run_process.run(task.experiment, task.path, task.only)
            except ValueError as error:
                yield task, f"{type(error).__name__}: {error}"
            else:
                yield task, ""

    monkeypatch.setattr(Workers, "run", run)
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
    first = compare(tmp_path, WORDS, seeds=1, progress=True)
    assert len(trained) == 3
    said = capsys.readouterr().err
    assert "[1/3] vanilla, seed 0: frechet_distance" in said
    assert "bad, seed 0: ValueError" in said
    again = compare(tmp_path, WORDS, seeds=1)
    assert trained[3:] == [("bad", 0)]  # what failed is tried again
    assert again.rows() == first.rows()
    found = compare(tmp_path, WORDS)
    tried = [("bad", 0), ("bad", 1), ("hinge", 1), ("vanilla", 1)]
    assert sorted(trained[4:]) == tried
    assert [place.seeds for place in found.places] == [2, 2]
    assert [run.failure != "" for run in found.runs] == [False] * 4 + [True] * 2
    assert len(found.scores("hinge")) == 2
    _check_files(found)
    _check_costs(found)


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
    assert page.count("Grid of real samples") == 1
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


def test_what_is_not_whole_is_run_again(one, trained):
    file = one / "runs" / "vanilla" / "seed_0" / run_process.FILE
    file.write_text(file.read_text()[:-5])
    compare(one, WORDS[:1], seeds=1)
    assert trained == [("vanilla", 0)]


def test_a_score_that_does_not_apply_is_refused_before_the_training(tmp_path, trained):
    found = compare(tmp_path, WORDS[:1], seeds=1, only=["modes"])
    (run,) = found.failures
    assert "'modes' does not apply to 'digits'" in run.failure
    assert (
        not list(run.path.glob("checkpoints/*")) and "it needs mixture" in run.failure
    )


def test_finished_runs_that_the_table_leaves_out_are_named(one, trained, capsys):
    compare(one, WORDS[1:2], seeds=1)
    assert trained == [("hinge", 0)]
    told = f"{one} also holds vanilla/seed_0: name these entries, or more seeds"
    assert told in capsys.readouterr().err
    compare(one, seeds=1)
    assert "also holds" not in capsys.readouterr().err


def test_a_run_that_is_evaluated_by_hand_keeps_its_scores(one, trained):
    before = compare(one, WORDS[:1], seeds=1).rows()
    run = one / "runs" / "vanilla" / "seed_0"
    ganzoo.evaluate(run, n=40, extractor="pixels", only=["coverage"])
    assert compare(one, WORDS[:1], seeds=1).rows() == before and not trained


def test_an_interrupted_comparison_leaves_a_report_of_what_is_there(
    tmp_path, trained, monkeypatch
):
    run = Workers.run

    def interrupted(self, tasks, watch=None):
        yield next(run(self, tasks))
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(Workers, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            compare(tmp_path, seeds=1)
    page = (tmp_path / report.FILE).read_text()
    assert "1 of 2 runs are not done" in page or "Nothing to rank" in page
    assert "not run yet" in page and "Grid of samples of vanilla" in page
    rows = json.loads((tmp_path / "scores.json").read_text())["scores"]
    assert {row["variant"] for row in rows} == {"vanilla"}
    assert len(compare(tmp_path, seeds=1).runs) == len(trained) == 2


def test_a_report_that_cannot_be_drawn_ends_no_comparison(one, trained, monkeypatch):
    def fails(comparison):
        raise MemoryError

    monkeypatch.setattr(report, "write", fails)
    with pytest.warns(UserWarning, match="report.html could not be drawn: MemoryError"):
        assert compare(one, WORDS[:1], seeds=1).runs[0].scores


def test_a_budget_of_seconds_measures_what_a_step_takes(tmp_path, trained, monkeypatch):
    paces = iter([500.0, 250.0, 1.0, 1.0])  # ms, of two short runs and two runs
    measure = run_process.cost

    def cost(model, rows):
        return {**measure(model, rows), "ms_per_step": next(paces)}

    monkeypatch.setattr(run_process, "cost", cost)
    settings = {"steps": None, "seconds": 2, "seeds": 1}
    found = compare(tmp_path, **settings)
    assert [entry.experiment.steps for entry in found.entries] == [4, 8]
    assert trained[:2] == [("vanilla", "pilot"), ("hinge", "pilot")]
    assert not (tmp_path / "pilots" / "hinge" / "evaluation.json").exists()
    again = compare(tmp_path, **settings)
    assert again.rows() == found.rows() and len(trained) == 4  # measured once


def test_a_step_that_cannot_be_measured_is_told(tmp_path, trained):
    with pytest.raises(RuntimeError, match="step of 'bad' could not be .*prior"):
        compare(tmp_path, WORDS[2:], steps=None, seconds=2)


# --- variants of others -----------------------------------------------------------

PLUGIN = """
print("a plug-in that prints", flush=True)
from ganzoo import assemble, register

@register("my-lsgan", paper="Mao et al. 2017", tasks=("image",))
def my_lsgan(network="mlp", loss="least_squares", **options):
    return assemble(network=network, loss=loss, **options)
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    monkeypatch.setattr(_registry, "_variants", dict(_registry._variants))
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    file = tmp_path / "mine.py"
    file.write_text(PLUGIN)
    return file


def test_a_variant_of_a_file_is_compared_in_the_processes(tmp_path, plugin):
    """In a process of its own, since that is the subject."""
    found = compare(
        tmp_path / "c", ["my-lsgan"], seeds=1, plugins=[plugin], only=["recall"]
    )
    assert not found.failures, found.failures[0].failure
    assert found.entries[0].experiment.model == "my-lsgan"


def test_a_variant_of_an_imported_module_needs_no_word(plugin, monkeypatch):
    monkeypatch.syspath_prepend(plugin.parent)
    assert _registry.import_plugin("mine") == "mine"
    budget = entries.Budget()
    assert module._modules(entries.make(["my-lsgan", "dcgan"], budget), []) == ["mine"]
    assert module._modules(entries.make(["my-lsgan"], budget), ["mine"]) == []


def test_an_imported_module_is_not_imported_again_as_a_file(plugin, monkeypatch):
    monkeypatch.syspath_prepend(plugin.parent)
    assert _registry.import_plugin("mine") == "mine"
    builder = _registry.find("my-lsgan").builder
    assert _registry.import_plugin(str(plugin)) == "mine"
    assert _registry.find("my-lsgan").builder is builder


@pytest.mark.parametrize(
    "settings",
    [
        {"plugins": "mine.py"},
        {"only": "recall"},
        {"grid": {"network": "mlp"}},
        {"grid": {"d_steps": 2}},
    ],
)
def test_one_value_instead_of_a_list_is_refused(settings, tmp_path):
    with pytest.raises(ValueError, match="must be a list, such as"):
        compare(tmp_path / "c", **settings)
    assert not (tmp_path / "c").exists()


def test_options_that_no_file_can_hold_are_refused(tmp_path):
    with pytest.raises(ValueError, match="plain values.*in a plug-in"):
        ganzoo.compare(["dcgan"], tmp_path / "c", options={"loss": print})
    assert not (tmp_path / "c").exists()


def test_a_variant_that_processes_cannot_import_is_refused(tmp_path, plugin):
    exec(PLUGIN, {"__name__": "__main__"})
    with pytest.raises(ValueError, match="--plugin=my_variants.py"):
        compare(tmp_path / "c", ["my-lsgan"])
    assert not (tmp_path / "c").exists()


def test_a_plugin_that_is_not_there_is_named(tmp_path):
    for plugins, message in (
        (["no_such.py"], "no plug-in file 'no_such.py'"),
        (["no_such_module"], "A plug-in is a module .* 'no_such_module'"),
    ):
        with pytest.raises(ValueError, match=message):
            compare(tmp_path / "c", plugins=plugins)


# --- processes --------------------------------------------------------------------


def test_a_killed_comparison_ends_its_run_which_saves_first(tmp_path):
    """In processes of their own, as the command starts them."""
    words = [f"--set={k}={json.dumps(v)}" for k, v in TINY.items()]
    command = [
        *(sys.executable, "-m", "ganzoo", "compare", "a=vanilla", "b=vanilla", *words),
        *("--steps=20000", "--seeds=1", "--jobs=2", "--only=recall"),
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


# --- bad input --------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{"seeds": 0}, {"jobs": 0}, {"steps": 0}])
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
    del content["experiment"]["direction"], content["scores"]
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
            *("--steps=2", "--seeds=1", "--only=recall", "--batch_size=16"),
            *("--evaluation_samples=30", "--extractor=pixels", f"--workdir={tmp_path}"),
        ],
    )
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    said = capsys.readouterr().out
    assert "vanilla:loss=hinge" in said
    assert "is open: of so few samples, blends score as well as real" in said
    page = (tmp_path / report.FILE).read_text()
    assert "ganzoo compare vanilla --grid=loss=hinge,minimax " in page
    assert "2 G steps per run" in page
    assert f"See {tmp_path}/report.html" in said
    assert trained == [("vanilla:loss=hinge", 0), ("vanilla:loss=minimax", 0)]


def test_a_flag_replaces_the_budget_of_a_config(tmp_path, monkeypatch):
    (tmp_path / "plan.toml").write_text('entries = ["dcgan"]\nimages = 1280\n')
    received = []

    def compare(**given):
        received.append({unit: given[unit] for unit in entries.UNITS if unit in given})
        raise ValueError("enough")

    monkeypatch.setattr(module, "compare", compare)
    for flags in ([], ["--steps=7"], ["--seconds=0.5"]):
        words = ["ganzoo", "compare", f"--config={tmp_path}/plan.toml", *flags]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit, match="enough"):
            main()
    assert received == [{"images": 1280}, {"steps": 7}, {"seconds": 0.5}]


@pytest.mark.parametrize(
    "words,expected",
    [
        (["--dataset=/data/faces.npz"], "runs/compare_faces"),
        (["--config=compare_digits"], "runs/compare_digits"),
        ([], "runs/compare_digits"),
    ],
)
def test_the_directory_is_named_after_the_data(monkeypatch, words, expected):
    received = []

    def compare(**given):
        received.append(given["workdir"])
        raise ValueError("enough")

    monkeypatch.setattr(module, "compare", compare)
    monkeypatch.setattr(sys, "argv", ["ganzoo", "compare", "dcgan", *words])
    with pytest.raises(SystemExit, match="enough"):
        main()
    assert [str(path) for path in received] == [expected]
