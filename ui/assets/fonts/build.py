#!/usr/bin/env python3
"""Builds the console's fonts from Debian's packages and checks their size.

    apt-get install fonts-inter fonts-jetbrains-mono fonttools
    python3 ui/assets/fonts/build.py

Inter is reduced to the scripts and symbols that the console shows. Its tabular figures replace the
proportional ones, because egui does not use font features and numbers must align in columns.
JetBrains Mono loses its ligatures, because ids and JSON are shown exactly as they are.
The result is reproducible; commit it.
"""

import pathlib
import sys

from fontTools import subset
from fontTools.ttLib import TTFont

HERE = pathlib.Path(__file__).resolve().parent
INTER = pathlib.Path("/usr/share/fonts/opentype/inter")
MONO = pathlib.Path("/usr/share/fonts/truetype/jetbrains-mono")
LIMIT_BYTES = 250 * 1024


def span(first, last):
    return set(range(first, last + 1))


LATIN = span(0x20, 0x7E) | span(0xA0, 0x17F) | {0x18F, 0x192, 0x1A0, 0x1A1, 0x1AF, 0x1B0, 0x259}
LATIN |= span(0x218, 0x21B) | span(0x2B0, 0x2DD)
VIETNAMESE = span(0x1EA0, 0x1EF9)
MARKS = span(0x300, 0x30C) | {0x323, 0x326, 0x327, 0x328}
GREEK = span(0x384, 0x3CE)
CYRILLIC = span(0x400, 0x45F) | {0x490, 0x491, 0x492, 0x493, 0x49A, 0x49B, 0x4A2, 0x4A3} | {
    0x4AE, 0x4AF, 0x4B0, 0x4B1, 0x4BA, 0x4BB, 0x4D8, 0x4D9, 0x4E8, 0x4E9}
PUNCTUATION = span(0x2010, 0x2026) | {0x2002, 0x2003, 0x2007, 0x2009, 0x200A, 0x202F, 0x2030}
PUNCTUATION |= {0x2032, 0x2033, 0x2039, 0x203A, 0x2044, 0x20AC, 0x20B9, 0x20BD, 0x20BF, 0x2116, 0x2122}
ARROWS = span(0x2190, 0x2199) | {0x21B5, 0x21E7}
KEYS = {ord(c) for c in "⌘⇧⌥⏎⌃⌫⎋"}
SYMBOLS = {ord(c) for c in "−×÷±≈≠≤≥∞∑√●○•✓"}

SANS = LATIN | VIETNAMESE | MARKS | GREEK | CYRILLIC | PUNCTUATION | ARROWS | KEYS | SYMBOLS
CODE = LATIN | GREEK | CYRILLIC | PUNCTUATION | ARROWS


def freeze(font, feature):
    """Maps every character to the glyph that a single-substitution feature would select."""
    gsub = font["GSUB"].table
    lookups = {
        index
        for record in gsub.FeatureList.FeatureRecord
        if record.FeatureTag == feature
        for index in record.Feature.LookupListIndex
    }
    swaps = {}
    for index in sorted(lookups):
        for table in gsub.LookupList.Lookup[index].SubTable:
            table = getattr(table, "ExtSubTable", table)
            swaps.update(table.mapping)
    for table in font["cmap"].tables:
        table.cmap = {code: swaps.get(glyph, glyph) for code, glyph in table.cmap.items()}


def make(source, target, unicodes, freeze_tabular):
    font = TTFont(source, recalcTimestamp=False)
    if freeze_tabular:
        freeze(font, "tnum")
    options = subset.Options()
    options.layout_features = ["kern", "mark", "ccmp", "locl"]
    options.hinting = False
    options.desubroutinize = False
    options.name_IDs = [0, 1, 2, 4, 6, 13, 14]
    options.notdef_outline = True
    options.recalc_timestamp = False
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=unicodes)
    cutter.subset(font)
    font.save(target)
    missing = sorted(unicodes - set(TTFont(target).getBestCmap()))
    print(f"{target.name}: {target.stat().st_size} bytes, {len(missing)} characters not in the source")


def licence(package, name):
    """Copies Debian's copyright file of the font without the part about the packaging."""
    text = pathlib.Path("/usr/share/doc", package, "copyright").read_text(encoding="utf-8")
    kept = [part for part in text.split("\n\n") if not part.startswith(("Files: debian/", "License: GPL"))]
    (HERE / name).write_text("\n\n".join(kept).rstrip() + "\n", encoding="utf-8")


def main():
    targets = [HERE / name for name in ("Inter-Regular.otf", "Inter-SemiBold.otf", "JetBrainsMono-Regular.ttf")]
    make(INTER / "Inter-Regular.otf", targets[0], SANS, True)
    make(INTER / "Inter-SemiBold.otf", targets[1], SANS, True)
    make(MONO / "JetBrainsMono-Regular.ttf", targets[2], CODE, False)
    licence("fonts-inter", "LICENSE-Inter.txt")
    licence("fonts-jetbrains-mono", "LICENSE-JetBrainsMono.txt")
    total = sum(target.stat().st_size for target in targets)
    print(f"together {total} bytes of {LIMIT_BYTES}")
    return 0 if total <= LIMIT_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
