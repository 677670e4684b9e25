"""`qm9`: small molecules as graphs in one-hot code, and their SMILES strings.

A molecule of up to n heavy atoms is a row of n + n (n - 1) / 2 symbols: its atoms, then
the bonds of all pairs of them, (0, 1), (0, 2), ... An empty place of an atom is a
symbol too, and so is no bond. Hydrogens are implied by the valences.
"""

import csv
import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import numpy as np

from ganzoo.data.account import Account
from ganzoo.data.dataset import Data
from ganzoo.data.decoded_cache import cache_path
from ganzoo.data.reading import Reading
from ganzoo.data.symbols import check_kinds, one_hot, rows_of
from ganzoo.utils.extras import extra
from ganzoo.utils.files import replacing

NAME = "qm9"
ATOMS = ("", "C", "N", "O", "F")
"""Kinds of atoms, in the order of their code; the first is an empty place."""
BONDS = ("none", "single", "double", "triple")
"""Kinds of bonds, in the order of their code."""
MOST_ATOMS = 9
FILES = ("qm9_part1.csv", "qm9_part2.csv", "qm9_part3.csv")


@dataclass(frozen=True)
class Molecules:
    """The codec of molecules: graphs (n, L, 5) to SMILES strings."""

    kind = "molecules"
    kinds = len(ATOMS)

    @property
    def spec(self) -> dict:
        """The table that `codecs.get` makes this from."""
        return {"name": self.kind}

    def strings(self, samples: np.ndarray) -> list[str]:
        """Returns the canonical SMILES of each graph, "" where there is no molecule.

        A molecule is one piece, of at least one atom; no bond ends at an empty place;
        RDKit accepts its valences.

        Raises:
            ValueError: samples of another number of symbols, or of no graph.
            ImportError: RDKit is not installed.
        """
        check_kinds(samples.shape[1:], self.kinds)
        written = (smiles(graph) for graph in np.argmax(samples, axis=-1))
        return ["" if "." in text else text for text in written]


def smiles(symbols: np.ndarray) -> str:
    """Returns the canonical SMILES of a graph, its pieces joined by dots.

    Args:
        symbols: codes (L,) of the atoms and bonds.

    Returns:
        "" for no atom, a bond at an empty place or of no known kind, or valences that
        RDKit refuses.
    """
    chem = _rdkit()
    count = atoms_of(len(symbols))
    first, second = np.triu_indices(count, 1)
    atoms, bonds = symbols[:count], symbols[count:]
    molecule, places = chem.RWMol(), {}
    for place in np.flatnonzero(atoms):
        places[place] = molecule.AddAtom(chem.Atom(ATOMS[atoms[place]]))
    kinds = [None, *(getattr(chem.BondType, kind.upper()) for kind in BONDS[1:])]
    for pair in np.flatnonzero(bonds):
        ends = places.get(first[pair]), places.get(second[pair])
        if None in ends or bonds[pair] >= len(BONDS):
            return ""
        molecule.AddBond(*ends, kinds[bonds[pair]])
    failed = chem.SanitizeMol(molecule, catchErrors=True)
    return "" if failed else chem.MolToSmiles(molecule)


def atoms_of(symbols: int) -> int:
    """Returns the number n of atoms of a row of n + n (n - 1) / 2 symbols.

    Raises:
        ValueError: no such n.
    """
    count = int(np.sqrt(2 * symbols))
    if count < 2 or count * (count + 1) // 2 != symbols:
        raise ValueError(
            "A graph of n atoms has n (n + 1) / 2 symbols, its atoms and the bonds of "
            f"all pairs: 3, 6, 10, ..., 45 of 9 atoms. Received: {symbols}."
        )
    return count


def symbols_of(text: str, most_atoms: int = MOST_ATOMS) -> np.ndarray | None:
    """Returns the codes (L,) of a SMILES string, None where they cannot hold it.

    Atoms of other elements, with a charge or isotope, and molecules of more atoms have
    no code. Which side of a bond is up is lost.
    """
    chem = _rdkit()
    molecule = chem.MolFromSmiles(text)
    if molecule is None or not 1 <= molecule.GetNumAtoms() <= most_atoms:
        return None
    chem.Kekulize(molecule, clearAromaticFlags=True)
    symbols = np.zeros(most_atoms * (most_atoms + 1) // 2, np.uint8)
    for place, atom in enumerate(molecule.GetAtoms()):
        plain = not (atom.GetFormalCharge() or atom.GetNumRadicalElectrons())
        if atom.GetSymbol() not in ATOMS or not plain or atom.GetIsotope():
            return None
        symbols[place] = ATOMS.index(atom.GetSymbol())
    orders = chem.GetAdjacencyMatrix(molecule, useBO=True).astype(np.uint8)
    bonds = np.zeros((most_atoms, most_atoms), np.uint8)
    bonds[: len(orders), : len(orders)] = orders
    symbols[most_atoms:] = bonds[np.triu_indices(most_atoms, 1)]
    return symbols


def load_molecules(name: str, reading: Reading) -> Data:
    """Returns QM9 (Ramakrishnan et al. 2014), as the package `qm9pack` holds it.

    130,251 molecules of up to nine atoms C, N, O and F. The 580 with charged atoms,
    among which RDKit counts nitro groups, are left out, since the graph has no charges.
    Every tenth, in a fixed random order, is in the test split. Making the codes, which
    are kept, takes half a minute.

    Raises:
        ValueError: a size of images.
        ImportError: qm9pack or RDKit is not installed.
    """
    symbols = _all_symbols(reading.cache_dir)
    coded = symbols.any(axis=1)
    symbols = symbols[coded]
    rows = rows_of(reading.split, len(symbols))
    real = one_hot(symbols[rows], len(ATOMS))
    remark = f"{np.sum(~coded):,} molecules with charged atoms left out"
    test = int(np.sum(~rows)) if reading.split == "train" else None
    account = Account(test, remarks=(remark,))
    return Data(name, {"real": real}, codec=Molecules(), account=account)


@lru_cache(maxsize=1)
def _all_symbols(cache_dir):
    """Codes (N, 45) of all molecules, 0 where there is none; cached on disk."""
    package = importlib.util.find_spec("qm9pack")
    if package is None:
        raise ImportError(
            "The data set qm9 is in the package qm9pack: "
            "pip install 'ganzoo-keras[molecules]'."
        )
    path = cache_path(cache_dir, NAME, metadata.version("qm9pack"))
    if path.exists():
        return np.load(path)
    folder = Path(package.origin).parent / "data"
    texts = [text for name in FILES for text in _column(folder / name, "SMILES")]
    empty = np.zeros(MOST_ATOMS * (MOST_ATOMS + 1) // 2, np.uint8)
    known = (symbols_of(text) for text in texts)
    symbols = np.stack([empty if row is None else row for row in known])
    cache_dir.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        np.save(temporary, symbols)
    return symbols


def _column(path, name):
    with path.open(newline="") as file:
        yield from (row[name] for row in csv.DictReader(file))


def _rdkit():
    with extra("molecules", "Molecules need RDKit"):
        from rdkit import Chem, RDLogger
    RDLogger.DisableLog("rdApp.*")  # refused valences are an answer here, not news
    return Chem
