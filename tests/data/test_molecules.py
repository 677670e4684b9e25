"""Molecules as symbols, by hand and back, and what is no molecule."""

import sys

import numpy as np
import pytest

from ganzoo.data import account, codecs, load_data, molecules
from ganzoo.data.molecules import Molecules, atoms_of, smiles, symbols_of
from ganzoo.data.symbols import one_hot

pytest.importorskip("rdkit", reason="the extra molecules")
C, N, F = (molecules.ATOMS.index(atom) for atom in "CNF")
CSV = 'Index,SMILES\n1,C\n2,C#N\n3,[NH3+]CC([O-])=O\n4,"O=C"\n'


def test_symbols_by_hand():
    """Hydrogen cyanide in three places: atoms 0, 1, 2, bonds 01, 02, 12."""
    assert symbols_of("C#N", 3).tolist() == [C, N, 0, 3, 0, 0]
    assert symbols_of("C=CF", 3).tolist() == [C, C, F, 2, 0, 1]
    assert smiles(np.array([0, N, C, 0, 0, 3])) == "C#N"


@pytest.mark.parametrize("text", ["c1ccccc1", "CC12CC1C2O", "O=C1NC(=O)N1", "C", "CF"])
def test_a_molecule_comes_back(text):
    from rdkit import Chem

    canonical = Chem.MolToSmiles(Chem.MolFromSmiles(text))
    assert smiles(symbols_of(text)) == canonical


@pytest.mark.parametrize(
    "text", ["[NH4+]", "CS", "CCCC", "[CH3]", "[13CH4]", "C(C)(", ""]
)
def test_what_has_no_code(text):
    assert symbols_of(text, 3) is None


@pytest.mark.parametrize(
    "symbols",
    [
        [0, 0, 0, 0, 0, 0],  # no atom
        [C, 0, 0, 1, 0, 0],  # a bond at an empty place
        [F, C, 0, 2, 0, 0],  # fluorine with two bonds
        [C, C, C, 0, 1, 0],  # two pieces
        [C, C, 0, 4, 0, 0],  # a bond of no kind, which a network without a mask makes
    ],
    ids=["empty", "loose bond", "valence", "pieces", "no kind"],
)
def test_no_molecule_is_an_empty_string(symbols):
    valid = [C, C, C, 1, 0, 1]
    samples = one_hot(np.array([symbols, valid]), 5)
    assert Molecules().strings(samples) == ["", "CCC"]


@pytest.mark.parametrize("shape", [(1, 6, 4), (6, 5), (1, 6, 5, 1)])
def test_samples_of_other_symbols_are_no_molecules(shape):
    with pytest.raises(ValueError, match=r"of 5 symbols .*shape \(L, 5\). Rec"):
        Molecules().strings(np.zeros(shape))


def test_pieces_are_written_with_dots():
    assert smiles(np.array([C, C, C, 0, 1, 0])) == "C.CC"


def test_one_hot():
    expected = [[[0, 255, 0], [0, 0, 255]]]
    np.testing.assert_array_equal(one_hot(np.array([[1, 2]]), 3), expected)


def test_atoms_of():
    assert [atoms_of(n) for n in (3, 6, 10, 45)] == [2, 3, 4, 9]
    for wrong in (1, 2, 44, 46):
        with pytest.raises(ValueError, match=r"n \(n \+ 1\) / 2.*Received: "):
            atoms_of(wrong)


def test_codecs():
    assert codecs.get(None) is None
    assert codecs.get("molecules") == codecs.get(Molecules().spec) == Molecules()
    with pytest.raises(ValueError, match="Unknown codec 'molecule'. Did you mean"):
        codecs.get("molecule")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package qm9pack with four molecules in each file, one of them charged."""
    folder = tmp_path / "site" / "qm9pack"
    (folder / "data").mkdir(parents=True)
    (folder / "__init__.py").touch()
    for name in molecules.FILES:
        (folder / "data" / name).write_text(CSV)
    monkeypatch.syspath_prepend(folder.parent)
    monkeypatch.delitem(sys.modules, "qm9pack", raising=False)
    monkeypatch.setattr(molecules.metadata, "version", lambda name: "test")
    molecules._all_symbols.cache_clear()
    yield folder
    molecules._all_symbols.cache_clear()


def test_qm9_is_read_once_and_split(package, tmp_path):
    sets = {
        split: load_data("qm9", split=split, cache_dir=tmp_path / "cache")
        for split in ("train", "test", "all")
    }
    assert {key: len(data) for key, data in sets.items()} == {
        "train": 8,
        "test": 1,
        "all": 9,
    }
    line = account.line(sets["train"])
    assert "8 train / 1 test" in line
    assert "3 molecules with charged atoms left out" in line
    whole = sets["all"]
    assert whole.sample_shape == (45, 5)
    assert whole.codec.strings(whole.arrays["real"]) == ["C", "C#N", "C=O"] * 3
    (package / "data" / molecules.FILES[0]).unlink()
    molecules._all_symbols.cache_clear()
    again = load_data("qm9", split="all", cache_dir=tmp_path / "cache")
    assert again.fingerprint == whole.fingerprint
    with pytest.raises(ValueError, match="Unknown split of 'qm9'.*'validation'"):
        load_data("qm9", split="validation", cache_dir=tmp_path / "cache")
    with pytest.raises(ValueError, match=r"images alone.*\(45, 5\) in"):
        load_data("qm9", image_size=32, cache_dir=tmp_path / "cache")


def test_missing_packages_are_named(package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rdkit", None)
    with pytest.raises(ImportError, match=r"need RDKit: pip install .*\[molecules\]"):
        load_data("qm9", cache_dir=tmp_path / "cache")
    monkeypatch.setattr(molecules.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"qm9pack: pip install .*\[molecules\]"):
        load_data("qm9", cache_dir=tmp_path / "cache")
