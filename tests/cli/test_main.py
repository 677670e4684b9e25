"""The `ganzoo` command, called within this process."""

import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

import ganzoo
from ganzoo.cli import benchmark, zoo
from ganzoo.cli import main as command
from ganzoo.cli.flags import GROUPS
from ganzoo.cli.runs import experiment_of
from ganzoo.data import faces, load_data, toy
from ganzoo.data.load import BUILT_IN
from ganzoo.evaluation.metric_table import BETTER, MEANINGS
from ganzoo.plots import pictures
from ganzoo.runs import pretrained
from ganzoo.runs.config_files import config_names
from ganzoo.runs.directory import OtherRun
from ganzoo.runs.experiment import FIELDS
from ganzoo.training import train
from ganzoo.training.cluster import WorkerLost
from ganzoo.utils.signals import Terminated
from ganzoo.variants import _registry
from ganzoo.variants._registry import register

RESULTS = Path(__file__).parents[2] / "zoo_configs" / "results"
TINY = ["g_hidden=[8]", "d_hidden=[8]", "latent_dim=4", "normalize=false"]
TRAIN = [
    "train",
    "vanilla",
    *(f"--set={option}" for option in TINY),
    "--steps=2",
    "--batch_size=16",
    "--log_every=2",
    "--sample_every=2",
    "--checkpoint_every=2",
]


def _ganzoo(*arguments):
    command.run(command.parse(["ganzoo", *arguments]))


def _fails(*arguments):
    """The one line that the command ends with; as a message it makes the code 1."""
    with pytest.raises(SystemExit) as end:
        _ganzoo(*arguments)
    message = end.value.code
    assert isinstance(message, str)
    assert message.startswith("ganzoo: ")
    assert "\n" not in message
    return message


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "run"
    _ganzoo(*TRAIN, f"--workdir={path}")
    return path


# --- list, describe ---------------------------------------------------------------


def test_list_names_every_variant_with_its_paper(capsys):
    _ganzoo("list")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ganzoo.list_models()
    assert all("arXiv" in line for line in lines)


@pytest.mark.parametrize(
    "what, known",
    [
        ("variants", lambda: ganzoo.list_models()),
        ("configs", lambda: [*config_names(), *config_names("comparisons")]),
        ("datasets", lambda: [*BUILT_IN, "NAME", "PATH"]),
        ("metrics", lambda: [*MEANINGS]),
        ("losses", lambda: [*ganzoo.losses.LOSSES]),
        ("penalties", lambda: [*ganzoo.penalties.PENALTIES]),
        ("networks", lambda: [*ganzoo.networks.FAMILIES]),
        ("pretrained", lambda: pretrained.names()),
    ],
)
def test_list_has_a_line_for_each(what, known, capsys):
    _ganzoo("list", what)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == known()
    assert all(len(line.split(maxsplit=1)) == 2 for line in lines)


def test_every_score_and_data_set_has_a_line():
    assert MEANINGS.keys() == BETTER.keys()
    assert {*toy.MIXTURES, *faces.SETS} <= BUILT_IN.keys()


def test_list_of_what_is_unknown():
    assert "Did you mean 'configs'?" in _fails("list", "config")
    assert "--task chooses among variants" in _fails("list", "losses", "--task=image")


def test_list_by_task(capsys):
    _ganzoo("list", "--task=conditional")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ganzoo.list_models("conditional")
    assert "task 'imgae'. Did you mean 'image'?" in _fails("list", "--task=imgae")


def test_describe_shows_paper_options_and_notes(capsys):
    _ganzoo("describe", "DCGAN")
    out = capsys.readouterr().out
    assert out.startswith("dcgan: Radford et al. 2016")
    assert "tasks: image\nbatch keys: real\n" in out
    assert "options of its network:\n  filters = None\n  kernel = 4\n" in out
    assert "  beta_1 = 0.5\n" in out
    recorded = json.loads((RESULTS / "dcgan_digits.json").read_text())
    assert f"measured (dcgan_digits): {recorded['headline']}" in out
    assert "; target: 8 of 10 classes" in out


def test_describe_of_a_config_names_its_variant():
    assert "config of dcgan: `ganzoo train dcgan_mnist`" in _fails(
        "describe", "dcgan_mnist"
    )


def test_describe_of_an_unknown_name():
    assert "Did you mean 'dcgan'?" in _fails("describe", "dcgn")


# --- train ------------------------------------------------------------------------


def test_train_says_where_the_samples_are(run, capsys):
    _ganzoo(*TRAIN, f"--workdir={run}")  # is finished already
    assert f"Trained 2 steps: see {run}/samples" in capsys.readouterr().out
    assert (run / "samples/training.gif").is_file()


@pytest.mark.parametrize(
    "arguments,name",
    [
        (["cgan"], "cgan_digits"),
        (["cgan", "--dataset=ring8"], "cgan_ring8"),
        (["cgan", "--dataset=/some/folder/cats"], "cgan_cats"),
        (["cgan", "--dataset=some/cats.npz"], "cgan_cats"),
        (["--config=vanilla_ring8"], "vanilla_ring8"),
        (["vanilla_ring8"], "vanilla_ring8"),
        (["mine/abc.toml"], "abc"),
        (["cgan", "--dataset=./some/cats/"], "cgan_cats"),
        (["cgan", "--dataset=some/x/../cats"], "cgan_cats"),
        (["cgan", "--config=mine/abc.toml"], "abc"),
        (["cgan", "--config=mine/abc.toml", "--workdir=here"], None),
    ],
)
def test_default_run_directory(arguments, name, monkeypatch, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/abc.toml").write_text('dataset = "ring8"')
    monkeypatch.chdir(tmp_path)
    used = []
    monkeypatch.setattr(
        train, "train", lambda _, workdir, **settings: used.append(workdir)
    )
    _ganzoo("train", *arguments)
    assert [str(path) for path in used] == [f"runs/{name}" if name else "here"]


def test_the_name_of_a_config_is_the_config():
    flags = ["--steps=7", "--set=latent_dim=3"]
    named, flagged = (
        experiment_of(command.parse(["ganzoo", "train", word, *flags]))
        for word in ("dcgan_mnist", "--config=dcgan_mnist")
    )
    assert named == flagged
    assert (named.dataset, named.steps, named.options["latent_dim"]) == ("mnist", 7, 3)


def test_a_name_of_both_a_variant_and_a_config_says_both(monkeypatch):
    monkeypatch.setattr(_registry, "_variants", {**_registry._variants})
    register("dcgan_mnist", paper="", tasks=["image"])(lambda: None)
    message = _fails("train", "dcgan_mnist")
    assert "--config=dcgan_mnist for the config, or DCGAN_MNIST for" in message
    words = ["ganzoo", "train", "DCGAN_MNIST"]
    assert experiment_of(command.parse(words)).dataset == "digits"


def test_log_hands_its_names_on(monkeypatch, capsys):
    given = []
    monkeypatch.setattr(train, "train", lambda *_, log, patience: given.append(log))
    _ganzoo("train", "vanilla", "--log=tensorboard,wandb")
    _ganzoo("train", "vanilla")
    assert given == [["tensorboard", "wandb"], ()]


def test_a_default_directory_of_another_run_is_left_for_a_new_one(monkeypatch, capsys):
    used = []

    def training(experiment, workdir, **settings):
        used.append(str(workdir))
        if str(workdir) in ("runs/cgan_digits", "runs/cgan_digits-2", "here"):
            raise OtherRun(f"{workdir} holds a run with other settings.")

    monkeypatch.setattr(train, "train", training)
    _ganzoo("train", "cgan")
    assert used == ["runs/cgan_digits", "runs/cgan_digits-2", "runs/cgan_digits-3"]
    said = capsys.readouterr().out
    assert "runs/cgan_digits holds a run with other settings." in said
    assert "So this one goes to runs/cgan_digits-3." in said
    assert "here holds a run" in _fails("train", "cgan", "--workdir=here")
    assert "holds a run" in _fails("train", "cgan", "--strategy=multi_worker")


def test_ctrl_c_ends_with_130_and_says_how_to_resume(monkeypatch, capsys, tmp_path):
    def interrupted(experiment, workdir, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "train", interrupted)
    with pytest.raises(SystemExit) as end:
        _ganzoo("train", "vanilla", f"--workdir={tmp_path}")
    assert end.value.code == 130
    assert capsys.readouterr().err == (
        "\nStopped; no step was saved. Run the same command again to resume.\n"
    )
    (tmp_path / "checkpoints").mkdir()
    for name in ("step_00000002.npz", "step_00000002.json"):
        (tmp_path / "checkpoints" / name).touch()
    with pytest.raises(SystemExit):
        _ganzoo("train", "vanilla", f"--workdir={tmp_path}")
    assert f"Stopped; saved in {tmp_path}." in capsys.readouterr().err


def test_a_lost_worker_ends_with_a_code_to_try_again_and_patience_is_passed(
    monkeypatch, capsys
):
    def lost(experiment, workdir, log, patience):
        raise WorkerLost(f"Lost after {patience}.")

    monkeypatch.setattr(train, "train", lost)
    with pytest.raises(SystemExit) as end:
        _ganzoo("train", "vanilla", "--patience=600")
    assert end.value.code == 138
    assert capsys.readouterr().err == "ganzoo: Lost after 600.0.\n"


@pytest.mark.parametrize(
    "arguments,message",
    [
        (["vanila"], "model 'vanila'. Did you mean 'vanilla'?"),
        (["vanilla", "--set=g_hiden=[8]"], "'g_hiden'. Did you mean 'g_hidden'?"),
        (["vanilla", "--set=g_hidden=8"], "has an unfit value (TypeError"),
        (["vanilla", "--set=loss=hinje"], "loss 'hinje'"),
        (
            ["vanilla", "--set=batch_size=8"],
            "not an option of the variant: --batch_size=8.",
        ),
        (["vanilla", "--dataset=digit"], "Did you mean 'digits'?"),
        (["vanilla", "--dtype=float23"], "dtype 'float23'"),
        (["vanilla", "--strategy=miror"], "strategy 'miror'"),
        (["vanilla", "--steps=0"], "`steps` must be a whole number from 1"),
        (["vanilla", "--sample_every=3"], "must be a multiple of log_every"),
        (["vanilla", "--config=dcgan_digit"], "Did you mean 'dcgan_digits'?"),
        (
            ["vanilla", "--metric=recall"],
            "--metric is of the scores in training, which",
        ),
        (["vanilla", "--evaluation_samples=7"], "--evaluate_every=N asks for"),
        (["vanilla", "--set=value_range=nome"], "`value_range` must be (low, high)"),
        (["vanilla", "--set=value_range=[1, -1]"], "(low, high), such as (-1, 1)"),
        (["dcgan_mnist", "--config=my.toml"], "'dcgan_mnist' and --config=my.toml"),
        (["wgan-gp-digits"], "'wgan-gp-digits'. Did you mean 'wgan_gp_digits'?"),
        (["cgan-mnist"], "model 'cgan-mnist'. Did you mean 'cgan_mnist'?"),
        (["my.toml"], "There is no config file 'my.toml'"),
        (["vanilla", "--log=tensorbord"], "tracker 'tensorbord'. Did you mean 'tens"),
        (["cgan", "--dataset=swiss_roll"], "needs labels"),
        (["dcgan", "--dataset=ring8"], "`image_shape` must be (H, W, C)"),
    ],
)
def test_errors_are_one_line(arguments, message, tmp_path):
    assert message in _fails("train", *arguments, f"--workdir={tmp_path / 'run'}")


@pytest.mark.parametrize(
    "arguments,message",
    [
        (["train", "dcgan", "--learning_rate=0.1"], "variant: --set learning_rate=0.1"),
        (["train", "dcgan", "--d-steps=2"], "of the variant: --set d_steps=2"),
        (["train", "dcgan", "--filters=8"], "of the variant: --set filters=8"),
        (["compare", "dcgan", "--g_hidden=8"], "of the variant: --set g_hidden=8"),
        (
            ["train", "dcgan", "--batchsize=8"],
            "--batchsize=8. Did you mean '--batch_size'",
        ),
        (["train", "dcgan", "--lr=0.1"], "of the variant: --set learning_rate=0.1"),
        (["train", "dcgan", "--epochs=3"], "--epochs=3. Did you mean '--steps'?"),
        (["train", "dcgan", "photos"], "photos. Did you mean '--dataset=photos'?"),
        (["sample", "x", "--lable=3"], "--lable=3. Did you mean '--label'?"),
        (["evaluate", "x", "--steps=3"], "unrecognized arguments: --steps=3."),
    ],
)
def test_an_unknown_flag_names_the_remedy(arguments, message, capsys):
    with pytest.raises(SystemExit) as end:
        _ganzoo(*arguments)
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_the_version_is_said(capsys):
    with pytest.raises(SystemExit) as end:
        _ganzoo("--version")
    assert end.value.code == 0
    assert capsys.readouterr().out == f"ganzoo {ganzoo.__version__}\n"


def test_shares_are_numbers(run):
    message = _fails("augmentation", str(run), "--shares=half")
    assert "joined by commas, such as 0.5,1,4. Received: --shares=half" in message


def test_an_error_of_the_disk_is_one_line(run, tmp_path):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "samples.png"
    assert str(tmp_path / "file") in _fails("sample", str(run), f"--out={out}")


def test_unknown_command_and_flag(capsys):
    unknown = ["launch", "--foo=2", "--", "train", "dcgan"]
    for arguments in (["trane"], ["train", "--stepz=3"], unknown, []):
        with pytest.raises(SystemExit) as end:
            _ganzoo(*arguments)
        assert end.value.code == 2
        assert "usage: ganzoo" in capsys.readouterr().err


def test_every_setting_of_an_experiment_is_in_one_group_of_flags():
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(FIELDS.keys() - {"model", "options"})


@pytest.mark.parametrize(
    "line, completions",
    [
        ("ganzoo list net", ["networks"]),
        ("ganzoo train dcgan_m", ["dcgan_mnist"]),
        ("ganzoo describe wgan", ["wgan", "wgan-gp"]),
        ("ganzoo train --checkpoint_e", ["--checkpoint_every"]),
        ("ganzoo benc", ["benchmark"]),
    ],
)
def test_the_shell_completes(line, completions, tmp_path):
    environment = {
        **os.environ,
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "out"),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    subprocess.run(
        [sys.executable, "-m", "ganzoo"],
        env=environment,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    found = (tmp_path / "out").read_text().split("\013")
    assert [word.strip() for word in found] == completions


def test_main_is_the_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["ganzoo", "describe", "dcgn"])
    with pytest.raises(SystemExit, match="ganzoo: Unknown model 'dcgn'"):
        command.main()


def test_a_terminal_that_does_not_know_a_letter_is_no_error(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "argv", ["ganzoo", "list", "losses"])
    monkeypatch.setitem(zoo.LISTS, "losses", lambda: [("\u732b", "caf\u00e9")])
    with pytest.raises(SystemExit) as end:
        command.main()
    terminal.flush()
    assert not end.value.code
    assert terminal.buffer.getvalue() == b"\\u732b  caf\\xe9\n"


# --- --set ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "assignment,options",
    [
        ("filters=32", {"filters": 32}),
        ("learning_rate=1e-3", {"learning_rate": 0.001}),
        ("dropout = 0.5", {"dropout": 0.5}),
        ("g_hidden=[8, 8]", {"g_hidden": [8, 8]}),
        ("normalize=false", {"normalize": False}),
        ("loss=least_squares", {"loss": "least_squares"}),
        ("loss=wgan-gp", {"loss": "wgan-gp"}),
        ('loss="hinge"', {"loss": "hinge"}),
        (
            'd_optimizer={name="sgd", momentum=0.5}',
            {"d_optimizer": {"name": "sgd", "momentum": 0.5}},
        ),
        ("loss.name=hinge", None),
        ("filters", None),
        ("filters=", None),
        ("=32", None),
        ("dropout=.5", None),  # else the string ".5"
        ("normalize=False", None),  # else the string "False", which is true
        ("g_hidden=[8,", None),
    ],
)
def test_set_takes_toml_values_and_words(assignment, options):
    arguments = ["ganzoo", "train", "vanilla", "--set", assignment]
    if options:
        assert experiment_of(command.parse(arguments)).options == options
    else:
        assert f"Received: {assignment!r}" in _fails(*arguments[1:])


def test_the_last_set_of_an_option_counts():
    arguments = ["ganzoo", "train", "--set=a=1", "--set=b=x", "--set=a=2"]
    experiment = experiment_of(command.parse(arguments))
    assert experiment.options == {"a": 2, "b": "x"}


# --- sample, benchmark --------------------------------------------------------------


def test_sample_writes_a_grid(run, tmp_path, capsys):
    out = tmp_path / "new" / "grid.png"
    _ganzoo("sample", str(run), "--n=4", "--seed=5", f"--out={out}")
    assert f"Wrote {out}" in capsys.readouterr().out
    expected = pictures.image_grid(ganzoo.load(run).sample(4, seed=5))
    assert (pictures.read_png(out) == expected).all()


def test_sample_writes_single_images_into_a_folder(run, tmp_path, capsys):
    out = f"{tmp_path}/new/"
    _ganzoo("sample", str(run), "--n=300", "--seed=5", f"--out={out}")
    assert f"Wrote 300 images to {tmp_path}/new" in capsys.readouterr().out
    paths = sorted((tmp_path / "new").iterdir())
    assert [path.name for path in paths[::299]] == ["00000.png", "00299.png"]
    expected = ganzoo.load(run).sample(300, seed=5)
    np.testing.assert_array_equal(load_data(out).arrays["real"], expected)
    message = _fails("sample", str(run), "--n=3", f"--out={tmp_path / 'new'}")
    assert "new or empty folder" in message


@pytest.mark.parametrize(
    "arguments,message",
    [
        (["--n=0"], "`n` must be a whole number from 1. Received: 0"),
        (["--label=3"], "takes no label. Received: 3"),
    ],
)
def test_sample_refuses_what_the_model_cannot_make(arguments, message, run, tmp_path):
    out = tmp_path / "x.png"
    assert message in _fails("sample", str(run), *arguments, f"--out={out}")


def test_sample_refuses_a_file_before_it_makes_samples(run, tmp_path, monkeypatch):
    def sample(self, n, *, seed=0):
        raise AssertionError("samples were made")

    monkeypatch.setattr(type(ganzoo.load(run)), "sample", sample)
    message = _fails("sample", str(run), f"--out={tmp_path / 'x.txt'}")
    assert "Text is for samples that are strings" in message


@pytest.fixture(scope="module")
def pets(tmp_path_factory):
    """A conditional run on an .npz file with strings as labels."""
    folder = tmp_path_factory.mktemp("pets")
    names = np.array(["cat", "dog", "emu"])[np.arange(24) % 3]
    images = np.random.default_rng(0).integers(0, 256, (24, 8, 8, 1), "uint8")
    np.savez(folder / "pets.npz", x_train=images, y_train=names)
    arguments = ["--batch_size=8", "--steps=1", f"--dataset={folder}/pets.npz"]
    arguments += ['--set=network={name="mlp",hidden=[4]}', "--set=latent_dim=2"]
    _ganzoo("train", "cgan", *arguments, f"--workdir={folder}/run")
    return folder / "run"


def test_labels_are_asked_for_by_their_names(pets, tmp_path):
    out = tmp_path / "out.npz"
    _ganzoo("sample", str(pets), "--n=5", "--label=dog", "--label=cat", f"--out={out}")
    model = ganzoo.load(pets)
    expected = model.sample(5, label=[1, 0, 1, 0, 1])
    np.testing.assert_array_equal(np.load(out)["samples"], expected)
    _ganzoo("sample", str(pets), "--n=2", "--label=emu", f"--out={out}")
    expected = model.sample(2, label="emu")
    np.testing.assert_array_equal(np.load(out)["samples"], expected)
    many = ["--label=cat", "--label=dog", "--label=emu"]
    message = _fails("sample", str(pets), "--n=2", *many, f"--out={out}")
    assert "--n must be 3 or more for 3 labels. Received: --n=2" in message
    message = _fails("sample", str(pets), "--label=cta", f"--out={out}")
    assert (
        "must be one of cat, dog, emu. Received: cta. The nearest is 'cat'" in message
    )


def test_sample_of_what_is_no_run(tmp_path):
    assert "neither a run directory" in _fails("sample", str(tmp_path))


def test_benchmark_hands_its_flags_on(monkeypatch):
    calls = []
    monkeypatch.setattr(benchmark, "run", lambda name, **given: calls.append(given))
    _ganzoo("benchmark", "vanilla", "--batch_size=8", "--dtype=float64", "--set=a=1")
    assert calls == [{"batch_size": 8, "dtype": "float64", "options": {"a": 1}}]


@pytest.mark.parametrize(
    "words,message",
    [
        (["--batch_size=0"], "`batch_size` must be a whole number from 1"),
        (["--seconds=nan"], "`seconds` must be a positive number"),
        (["--seconds=-1"], "`seconds` must be a positive number"),
        (["--startup", "--seconds=1"], "--seconds is for speed"),
        (["--dataset=digits"], "--dataset is for --startup"),
    ],
)
def test_benchmark_refuses_what_it_cannot_measure(words, message):
    assert message in _fails("benchmark", "vanilla", *words)


def test_the_end_of_a_command_that_is_stopped_or_whose_reader_leaves(monkeypatch):
    stops = {130: KeyboardInterrupt, 143: Terminated}
    for code, stop in stops.items():
        monkeypatch.setitem(zoo.LISTS, "variants", mock.Mock(side_effect=stop))
        with pytest.raises(SystemExit) as end:
            _ganzoo("list")
        assert end.value.code == code
    words = [sys.executable, "-m", "ganzoo", "list"]
    done = subprocess.run(
        f"set -o pipefail; {shlex.join(words)} | true",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        cwd=Path(ganzoo.__file__).parents[1],
    )
    assert (done.returncode, done.stderr) == (command.BROKEN_PIPE, "")


def test_a_train_that_is_stopped_before_its_first_step_saved_nothing(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(train, "resolve", mock.Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(SystemExit):
        _ganzoo(*TRAIN, f"--workdir={tmp_path / 'run'}")
    assert "Stopped; no step was saved." in capsys.readouterr().err


def test_a_tilde_is_the_home_where_shells_leave_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    _ganzoo(*TRAIN, "--workdir=~/run")
    _ganzoo("sample", "~/run", "--n=4", "--out=~/s.png")
    assert (tmp_path / "run" / "config.json").exists()
    assert (tmp_path / "s.png").exists()


def test_flags_that_are_switched_off(tmp_path):
    args = command.parse(["ganzoo", "train", "vanilla", "--no-flip"])
    assert experiment_of(args).flip is False
    assert "--flip or --no-flip" in _fails("train", "vanilla", "--set=flip=true")
    with pytest.raises(SystemExit) as end:
        command.parse(["ganzoo", "train", "vanilla", ""])
    assert end.value.code == 2
