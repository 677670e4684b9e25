"""The tables of docs/defaults.md, from records that are made up."""

from pages import defaults


def run(variant, seed, distance, steps=4690, data="mnist", **scores):
    values = {"frechet_distance": distance, **scores}
    rows = [{"metric": m, "value": v, "floor": 0.07} for m, v in values.items()]
    return {
        "variant": variant,
        "data": data,
        "seed": seed,
        "steps": steps,
        "scores": rows,
        "others": [],
    }


def test_every_seed_stands_in_the_row_of_its_variant(monkeypatch):
    dcgan = run("dcgan", 0, 0.526, recall=0.913)
    dcgan["others"] = [run("dcgan", 2, 0.148, recall=0.9)]
    records = {
        "a": run("vae", 0, 14.6, recall=0.0),
        "b": dcgan,
        "c": run("cgan", 1, 0.17, gan_test_accuracy=0.9931),
        "short": run("wgan", 0, 0.1, steps=468),
        "other": run("sagan", 0, 0.1, data="letters"),
    }
    monkeypatch.setattr(defaults, "records", lambda: records)
    head, _, *rows = defaults.ten_epochs_mnist().splitlines()
    assert head == (
        "| variant | seeds | Frechet distance | precision | recall | class asked for |"
    )
    assert rows == [
        "| `cgan` | 1 | 0.17 |  |  | 99.3% |",
        "| `dcgan` | 0, 2 | 0.53, 0.15 |  | 0.91, 0.90 |  |",
        "| `vae` | 0 | 15 |  | 0.00 |  |",
        "| real data |  | 0.07 | - | 0.07 | 7.0% |",
    ]
    assert "`sagan`" in defaults.ten_epochs_letters()
