"""Pictures of molecules, drawn by RDKit."""

import io
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

from ganzoo.utils.extras import extra

CELL = (150, 120)  # pixels, width and height


def molecules_picture(smiles: Sequence[str], columns: int | None = None) -> np.ndarray:
    """Draws molecules row by row, black on white; "" leaves its place empty.

    Args:
        smiles: SMILES strings.
        columns: molecules per row; by default the grid is about square.

    Returns:
        uint8 (H, W, 3).

    Raises:
        ImportError: RDKit is not installed.
    """
    with extra("molecules", "Pictures of molecules need RDKit"):
        from rdkit.Chem import MolFromSmiles, rdDepictor
        from rdkit.Chem.Draw import rdMolDraw2D
    columns = columns or math.ceil(math.sqrt(len(smiles)))
    rows = math.ceil(len(smiles) / columns)
    width, height = CELL
    drawer = rdMolDraw2D.MolDraw2DCairo(columns * width, rows * height, *CELL)
    drawer.drawOptions().useBWAtomPalette()
    molecules = [MolFromSmiles(text) for text in smiles]
    for molecule in molecules:
        rdDepictor.Compute2DCoords(molecule)
    drawer.DrawMolecules(molecules)
    drawer.FinishDrawing()
    drawn = io.BytesIO(drawer.GetDrawingText())
    with Image.open(drawn, formats=["PNG"]) as image:
        return np.asarray(image.convert("RGB"))
