import pytest

from ganzoo.comparison import entries
from ganzoo.runs.config_files import config_names, split
from ganzoo.runs.experiment import FIELDS
from ganzoo.variants._registry import find


def make(*words, budget=None, **given):
    return entries.make(words, budget or entries.Budget(amount=10), **given)


def test_a_name_an_option_a_config_and_a_label():
    found = make(
        "vanilla",
        "dcgan:loss=hinge,filters=[8,16]",
        "vanilla_ring8",
        "b=dcgan:loss=hinge",
        settings={"dataset": "digits"},
    )
    assert [entry.name for entry in found] == [
        "vanilla",
        "dcgan:loss=hinge,filters=[8,16]",
        "vanilla_ring8",
        "b",
    ]
    models = [entry.experiment.model for entry in found]
    assert models == ["vanilla", "dcgan", "vanilla", "dcgan"]
    assert found[1].experiment.options == {"loss": "hinge", "filters": [8, 16]}
    assert found[2].experiment.options  # of the config
    assert {entry.experiment.dataset for entry in found} == {"digits"}


def steps(*words, budget, **given):
    found = make(*words, budget=budget, **given)
    return [entry.experiment.steps for entry in found]


def test_a_budget_of_steps_is_the_same_for_all():
    words = "dcgan", "five=dcgan:d_steps=5", "vae"
    assert steps(*words, budget=entries.budget()) == [entries.STEPS] * 3
    assert steps(*words, budget=entries.budget(steps=7)) == [7] * 3
    assert entries.STEPS * 128 >= 10 * 60_000  # ten epochs of MNIST


def test_a_budget_of_real_images():
    budget = entries.budget(images=1280)
    words = "dcgan", "five=dcgan:d_steps=5", "vae"
    assert steps(*words, budget=budget) == [10, 2, 10]
    assert steps("dcgan", budget=budget, settings={"batch_size": 64}) == [20]


def test_a_batch_is_fixed_beforehand_where_the_budget_counts_images():
    def batches(**settings):
        budget = entries.budget(**settings)
        found = entries.make(["dcgan", "vae"], budget)
        return [entry.experiment.batch_size for entry in found]

    assert batches(images=1280) == [128, 128]
    assert batches(steps=7) == [None, None]  # what the set fills, as in `train`


def test_a_budget_of_seconds_by_the_time_of_a_step():
    budget = entries.Budget("seconds", 30, {"dcgan": 0.01, "v=vanilla": 0.004})
    assert steps("dcgan", budget=budget) == [3000]
    budget = entries.Budget("seconds", 30, {"v": 0.004, "slow": 100.0})
    assert steps("v=vanilla", "slow=vae", budget=budget) == [7500, 1]


def test_a_budget_in_words():
    words = [
        str(entries.budget(**b)) for b in ({}, {"images": 60_000}, {"seconds": 9.0})
    ]
    assert words == ["5,000 G steps", "60,000 real images", "9 seconds of training"]


@pytest.mark.parametrize(
    "amounts, message",
    [
        ({"steps": 5, "images": 6}, "one budget.* Received: steps=5, images=6"),
        ({"steps": 0}, "`steps` must be a whole number from 1"),
        ({"images": 0.5}, "`images` must be a whole number from 1"),
        ({"seconds": 0}, "`seconds` must be above 0"),
        ({"seconds": float("nan")}, "`seconds` must be above 0"),
        ({"seconds": "9"}, "`seconds` must be above 0"),
    ],
)
def test_a_budget_is_one_positive_amount(amounts, message):
    with pytest.raises(ValueError, match=message):
        entries.budget(**amounts)


def test_the_log_divides_the_budget_in_the_same_shares():
    (entry,) = make("dcgan", budget=entries.Budget(amount=2000))
    found = entry.experiment
    assert (found.log_every, found.evaluate_every) == (100, 200)
    (entry,) = make("dcgan", budget=entries.Budget(amount=1))
    assert (entry.experiment.steps, entry.experiment.log_every) == (1, 1)


def test_a_grid_is_a_product():
    found = make(
        "dcgan", "v=vanilla", grid={"loss": ["hinge", "minimax"], "d_steps": [1, 2]}
    )
    assert len(found) == 8
    assert found[0].name == "dcgan:loss=hinge,d_steps=1"
    assert found[0].choices == {"loss": "hinge", "d_steps": 1}
    assert found[7].experiment.options == {"loss": "minimax", "d_steps": 2}


def test_a_grid_is_read_from_words():
    words = ["loss=hinge,minimax", "filters=8,[8,16]", 'augment="color,cutout"']
    assert entries.parse_grid(words) == {
        "loss": ["hinge", "minimax"],
        "filters": [8, [8, 16]],
        "augment": ["color,cutout"],
    }
    with pytest.raises(ValueError, match="OPTION=VALUE"):
        entries.parse_grid(["loss"])


def test_all_are_the_unconditional_variants_of_images():
    names = [entry.name for entry in make("all")]
    assert {"vanilla", "dcgan"} <= set(names)
    assert not {"cgan", "sgan", "3dgan"} & set(names)


def test_options_of_every_entry_stand_below_its_own():
    a, b = make("dcgan", "dcgan:filters=8", options={"filters": 4})
    assert (a.experiment.options, b.experiment.options) == (
        {"filters": 4},
        {"filters": 8},
    )


def test_seeds_are_runs_of_an_entry():
    (entry,) = make("dcgan")
    assert (entry.experiment.seed, entry.run(3).seed) == (0, 3)


@pytest.mark.parametrize(
    "text, parts",
    [
        ("a", ["a"]),
        ("a=1,b=2", ["a=1", "b=2"]),
        ("a=[1,2],b={x=[1,2],y=3}", ["a=[1,2]", "b={x=[1,2],y=3}"]),
        ("a=\"x,y\",b='[,'", ['a="x,y"', "b='[,'"]),
    ],
)
def test_commas_within_brackets_and_quotes_do_not_split(text, parts):
    assert split(text) == parts


@pytest.mark.parametrize(
    "words, given, message",
    [
        ([], {}, "nothing to compare"),
        (["dcgna"], {}, "Did you mean 'dcgan'"),
        (["dcgan:los=hinge"], {}, "Did you mean 'loss'"),
        (["dcgan:loss"], {}, "OPTION=VALUE"),
        ([":x=1"], {}, "An entry is NAME"),
        (["dcgan", "dcgan"], {}, "Two entries have the name 'dcgan'"),
        (["dcgan", "vanilla_ring8"], {}, "one dataset for all"),
        (["dcgan", "pix2pix"], {}, "'pix2pix' makes its samples from each source"),
        (["text2image"], {}, "caption"),
        (["dcgan"], {"settings": {"datset": "digits"}}, "Did you mean 'dataset'"),
        (["dcgan"], {"settings": {"steps": 5}}, "Unknown setting"),
        (["dcgan"], {"grid": {"los": ["hinge"]}}, "Did you mean 'loss'"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(words, given, message):
    with pytest.raises(ValueError, match=message):
        make(*words, **given)


@pytest.mark.parametrize("name", config_names(entries.FOLDER))
def test_every_comparison_of_the_zoo_makes_its_entries(name):
    plan = entries.load_plan(name)
    settings = {key: plan[key] for key in plan.keys() & set(entries.SHARED)}
    found = entries.make(
        plan["entries"],
        entries.budget(**{k: plan[k] for k in plan.keys() & entries.UNITS}),
        grid=plan.get("grid"),
        options=plan.get("options"),
        settings=settings,
    )
    models = {entry.experiment.model for entry in found}
    (everything,) = [{c.experiment.model for c in make("all")}]
    assert models == everything
    assert plan["seeds"] >= 3


def test_each_value_of_a_grid_counts_however_it_is_given():
    grid = entries.parse_grid(["filters=16", "filters=32,64", "penalties.r1=1.0"])
    assert grid == {"filters": [16, 32, 64], "penalties.r1": [{"r1": 1.0}]}


def test_a_plan_with_an_unknown_key_is_refused(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text('entry = ["dcgan"]')
    with pytest.raises(ValueError, match="Did you mean 'entries'"):
        entries.load_plan(str(path))


@pytest.mark.parametrize(
    "text,message",
    [
        ("dataset = 5", "`dataset` must be str. Received: 5"),
        ("entries = 5", "`entries` of a comparison must be a list.*5"),
        ("plugins = 'my.py'", "`plugins` of a comparison must be a list.*'my.py'"),
        ("options = 'x'", "`options` of a comparison must be a table.*'x'"),
        ("grid = ['x']", "`grid` of a comparison must be a table"),
        ("grid = {latent_dim = 8}", r"latent_dim = \[8\]. Received: 8"),
    ],
)
def test_a_plan_with_a_value_of_another_type_is_refused(text, message, tmp_path):
    (tmp_path / "plan.toml").write_text(text)
    with pytest.raises(ValueError, match=message):
        entries.load_plan(str(tmp_path / "plan.toml"))


def test_the_key_of_older_plans_is_read(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text('cells = ["dcgan"]')
    assert entries.load_plan(str(path)) == {"entries": ["dcgan"]}


def test_what_entries_share_are_fields_of_the_experiment():
    assert set(entries.SHARED) < set(FIELDS)
    assert find("dcgan").options["d_steps"] == 1
