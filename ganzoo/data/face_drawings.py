"""Material of `faces`: palettes, paints, and drawings on 16x16 cells.

Each character of a drawing is a paint; "." is none, so what lies below shows.
"""

CELLS = 16

COLOURS = {
    "background": {
        "mint": (164, 222, 196),
        "sky": (148, 204, 242),
        "lilac": (198, 180, 240),
        "peach": (255, 200, 160),
        "lemon": (252, 230, 142),
        "rose": (250, 176, 194),
    },
    "clothes": {
        "scarlet": (222, 64, 74),
        "orange": (242, 142, 52),
        "emerald": (62, 160, 96),
        "navy": (56, 108, 204),
        "purple": (132, 72, 168),
        "white": (240, 240, 246),
    },
    "skin": {
        "pale": (255, 224, 200),
        "tan": (236, 180, 132),
        "olive": (200, 152, 96),
        "brown": (154, 98, 62),
        "umber": (94, 58, 46),
    },
    "hair_colour": {
        "black": (44, 38, 56),
        "auburn": (138, 58, 30),
        "ginger": (204, 86, 42),
        "blond": (248, 218, 128),
        "grey": (178, 182, 196),
        "pink": (238, 98, 160),
    },
    "eyes": {
        "hazel": (126, 70, 36),
        "blue": (52, 134, 232),
        "green": (54, 176, 88),
        "violet": (158, 84, 214),
    },
}
"""Attribute -> value -> RGB."""

_SHADOW, _LIGHT, _LINE = (52, 26, 78), (255, 250, 228), (38, 28, 48)
PAPER, INK = (250, 244, 230), (30, 26, 36)
PAINTS = {
    "b": ("background", _LIGHT, 0.0, 0.0),
    "c": ("clothes", _LIGHT, 0.0, 0.15),
    "C": ("clothes", _SHADOW, 0.4, 1.0),
    "s": ("skin", _LIGHT, 0.0, 0.0),
    "S": ("skin", _SHADOW, 0.18, 0.15),
    "l": ("skin", _LIGHT, 0.3, 0.0),
    "k": ("skin", _SHADOW, 0.62, 0.75),
    "p": ("skin", (255, 96, 104), 0.28, 0.15),
    "h": ("hair_colour", _LIGHT, 0.0, 0.45),
    "H": ("hair_colour", _SHADOW, 0.5, 0.95),
    "i": ("hair_colour", _LIGHT, 0.3, 0.15),
    "e": ("eyes", _LIGHT, 0.0, 1.0),
    "E": ("eyes", _LINE, 0.5, 0.6),
    "x": (_LINE, _LIGHT, 0.0, 1.0),
    "X": (_LINE, _LIGHT, 0.18, 1.0),
    "w": ((255, 255, 255), _LIGHT, 0.0, 0.0),
    "m": ((148, 22, 54), _LIGHT, 0.0, 1.0),
    "d": ((44, 72, 150), _LIGHT, 0.0, 0.85),
    "f": ((222, 58, 72), _LIGHT, 0.0, 1.0),
    "g": ((255, 192, 32), _LIGHT, 0.0, 0.15),
    "G": ((190, 112, 24), _LIGHT, 0.0, 1.0),
    "t": ((40, 204, 204), _LIGHT, 0.0, 1.0),
    "r": ((226, 58, 66), _LIGHT, 0.0, 0.6),
    "R": ((150, 32, 58), _LIGHT, 0.0, 1.0),
    "u": ((66, 122, 226), _LIGHT, 0.0, 0.15),
    "U": ((38, 66, 158), _LIGHT, 0.0, 1.0),
    "n": ((122, 198, 78), _LIGHT, 0.0, 0.6),
    "N": ((60, 132, 66), _LIGHT, 0.0, 1.0),
    "o": ((250, 152, 60), _LIGHT, 0.0, 0.15),
    "O": ((196, 96, 34), _LIGHT, 0.0, 1.0),
}
"""Paint -> the attribute that gives its colour, or RGB; the colour mixed in, and its
share; in the ink drawing, the share of ink on paper."""


def _stamp(top=0, *rows):
    """The drawing (256 characters) that has these rows from row `top` on."""
    below = CELLS - top - len(rows)
    return "." * CELLS * top + "".join(rows) + "." * CELLS * below


def _recoloured(rows, old, new):
    return [row.translate(str.maketrans(old, new)) for row in rows]


def _over(above, below):
    return "".join(b if a == "." else a for a, b in zip(above, below, strict=True))


_HEAD = _stamp(
    1,
    "....kkkkkkkk....",
    "...klllsssssk...",
    "..klllssssssSk..",
    "..kllsssssssSk..",
    "..klssssssssSk..",
    "..ksssssssssSk..",
    ".kksssssssssSkk.",
    ".kSsssssssssSSk.",
    ".kSssssSSsssSSk.",
    "..kppssssssppk..",
    "..ksssssssssSk..",
    "...kssssssSSk...",
    "....kkkkkkkk....",
    "..CcccSSSScccC..",
    ".CccccCSSCccccC.",
)
_EYES = _stamp(7, "....xw....xw....", "....ee....ee....")
BASE = _over(_EYES, _over(_HEAD, "b" * CELLS**2))
"""Head and clothes before the background: what lies below all other drawings."""

_CAP = (
    "bbbbrrrrrrrbbbbb",
    "bbrrrwwrrrrRRbbb",
    "..rrwrrrrrrrRR..",
    ".RRRRRRRRRRRRRRR",
)
_BEANIE = (
    "bbbbbbbggbbbbbbb",
    "bbbbnnnnnnnNbbbb",
    "..nnnnnnnnnnNN..",
    ".nNnNnNnNnNnNnN.",
)
DRAWINGS = {
    "beard": {
        "none": _stamp(),
        "moustache": _stamp(10, ".....HhhhhH....."),
        "goatee": _stamp(
            12, ".....hhhhhh.....", ".....HhhhhH.....", "......HHHH......"
        ),
        "full beard": _stamp(
            8,
            "..h..........H..",
            "..hh........hH..",
            "..hhhhhhhhhhhH..",
            "..hhhhhhhhhhhH..",
            "..HhhhhhhhhhHH..",
            "...HhhhhhhhHH...",
            ".....HHHHHH.....",
        ),
    },
    "mouth": {
        "smiling": _stamp(11, ".....mwwwwm.....", "......mmmm......"),
        "neutral": _stamp(11, "......mmmm......"),
        "sad": _stamp(11, ".....mmmmmm.....", ".....m....m....."),
    },
    "hair": {
        "bald": _stamp(),
        "short": _stamp(
            0,
            ".....hhhhhh.....",
            "...hhiihhhhhh...",
            "..hhiihhhhhhhH..",
            "..hhhhHHHHhhHH..",
            "..hH........HH..",
            "..h..........H..",
            "..H..........H..",
        ),
        "spiky": _stamp(
            0,
            "..h..h..h..h.h..",
            "..hh.hh.hhhhhH..",
            "..hhhihhihhihhH.",
            ".hhiihhihhhhhHH.",
            "..h...hH.H...H..",
        ),
        "curly": _stamp(
            0,
            "...hhihhihhhh...",
            ".hhihhihhihhhhH.",
            "hhihhhhhhhihhhHH",
            "hhhhhihHhihhhhhH",
            "hihH.H.H.H.HhhHH",
            "hhH..........hHH",
            "hihH........HhhH",
            "hhH..........HhH",
            "hHH..........HHH",
            ".HH..........HH.",
        ),
        "bobbed": _stamp(
            0,
            ".....hhhhhh.....",
            "...hhiiihhhhh...",
            "..hhiiihhhhhhH..",
            ".hhihhhHHHhhhHH.",
            ".hhh........hHH.",
            *[".hh..........hH."] * 6,
            ".HhH........HhH.",
        ),
        "long": _stamp(
            0,
            ".....hhhhhh.....",
            "...hhiihhihhh...",
            "..hhiihHHhihhH..",
            ".hhihH....HhhHH.",
            ".hhH........HhH.",
            *[".hh..........hH."] * 9,
            ".hhH........HhH.",
            ".HHH........HHH.",
        ),
        "pigtailed": _stamp(
            0,
            "......hhhh......",
            "...hhiihhihhh...",
            "..hhiihHHhihhH..",
            "..hihH....HhhH..",
            ".fhH........HHf.",
            "hhh..........Hhh",
            "hiH..........Hhh",
            "hh............hH",
            "hh............hH",
            "hH............HH",
            "H..............H",
        ),
    },
    "glasses": {
        "none": _stamp(),
        "round": _stamp(
            6,
            "....dd....dd....",
            "..dd..dddd..dd..",
            "...d..d..d..d...",
            "....dd....dd....",
        ),
        "square": _stamp(
            6,
            "...ffff..ffff...",
            "..ff..ffff..ff..",
            "...f..f..f..f...",
            "...ffff..ffff...",
        ),
        "dark": _stamp(
            6,
            "..XXXXXXXXXXXX..",
            "...X..X..X..X...",
            "...XEEX..XEEX...",
            "....XX....XX....",
        ),
    },
    "brows": {
        "straight": _stamp(5, "...HHH....HHH..."),
        "raised": _stamp(4, "....HH....HH....", "...H........H..."),
        "stern": _stamp(4, "...H........H...", "....HH....HH...."),
    },
    "hat": {
        "none": _stamp(),
        "red cap": _stamp(0, *_CAP),
        "azure cap": _stamp(0, *_recoloured(_CAP, "rR", "uU")),
        "lime beanie": _stamp(0, *_BEANIE),
        "amber beanie": _stamp(0, *_recoloured(_BEANIE, "nNg", "oOR")),
        "top hat": _stamp(
            0,
            "bbbbxXXxxxxxbbbb",
            "bbbbxXxxxxxxbbbb",
            "..bbffffffffbb..",
            ".xxxxxxxxxxxxxx.",
        ),
        "crown": _stamp(
            0,
            "bbbgbbbggbbbgbbb",
            "...gG.gggG.gG...",
            "...grggugggrgG..",
            "...GGGGGGGGGG...",
        ),
    },
    "earrings": {
        "none": _stamp(),
        "golden": _stamp(10, ".g............g.", ".G............G."),
        "turquoise": _stamp(10, ".t............t.", ".w............w."),
    },
}
"""Attribute -> value -> drawing, over those of the attributes before it."""
