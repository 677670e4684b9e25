import pytest

from ganzoo.utils import files


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_own_leftovers_are_swept_and_nothing_else(tmp_path):
    ours = [".curves.17304.png", ".step_00000010.4.json", ".x.1.npy", ".samples.99"]
    others = [".lock", ".hidden", ".a.b.png", "x.1.png", ".gitignore", ".v.1.2/x"]
    for name in (*ours, *others):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text")
    (tmp_path / ".link.5.png").symlink_to(tmp_path / ".hidden")
    files.sweep(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {name.split("/")[0] for name in others} | {".link.5.png"}
