"""Numbers known beforehand, typed in from where they were published or from the authors' simulator.

Source: the golden logs of paradigms-of-intelligence/cubff (Apache-2.0, commit f212e84), and outputs of that program.
"""

from __future__ import annotations

EVALUATOR_VECTORS = {
    "bff": {"U": (692_633, "470ea36812849b99"), "R": (15_586_616, "bf54913eaad5cee5")},
    "bff_noheads": {"U": (687_858, "170bb21d62f5e631"), "R": (13_340_836, "1a7db9caedb49180")},
    "bff8": {"U": (4_184_466, "75bb1f4e1a24e09d"), "R": (21_138_075, "fb16564e050f4991")},
    "bff8_noheads": {"U": (4_154_126, "c3e9719f3df46c13"), "R": (18_246_587, "240a6358a446bb72")},
    "bff_noheads_4bit": {"U": (16_319_389, "823d8b8031499d2d"), "R": (16_399_670, "60a4a3656094b2cd")},
    "bff_perm": {"U": (610_285, "a806e7d4bd593247"), "R": (15_898_062, "7ac5c657d37b5323")},
    "bff_selfmove": {"U": (613_880, "9ec46c4fd252a7dc"), "R": (18_198_156, "e3f464c8eee9f5fd")},
    "forth": {"U": (2_372_176, "b437200e301aad9b"), "R": (9_814_487, "457555604bcac55e")},
    "forthcopy": {"U": (2_401_567, "ab795927e35c832c"), "R": (9_777_379, "ee3eeae781e37aa5")},
    "forthtrivial": {"U": (2_505_919, "c6740c6558dcdb61"), "R": (11_366_245, "b13853ad185acc15")},
    "forthtrivial_reset": {"U": (2_505_069, "ea983858e6e0a6ac"), "R": (11_304_363, "432087b33ac5bc3c")},
    "subleq": {"U": (46_401, "21c668eaa77e4f35"), "R": (154_649, "de28092194e3db59")},
    "rsubleq4": {"U": (1_985_158, "98d351b06b20fa69"), "R": (4_128_323, "dc34d4b114dff398")},
}
"""Language -> set of 10,000 tapes -> total operations and the first 16 hex digits of SHA-256 over the final tapes.

Byte i of tape k comes from r = S(128 k + i). Set U: r mod 256. Set R, rich in instructions: when bit 8 of r is set, the
(r >> 16)-th byte (modulo their number) of ENRICHED_BYTES.
"""

ENRICHED_BYTES = {
    **dict.fromkeys(("bff", "bff_noheads", "bff8", "bff8_noheads"), b"+,-.<>[]{}\0"),
    "bff_perm": bytes([*range(1, 11), 0]),
    "bff_selfmove": bytes(range(7)),
    "bff_noheads_4bit": bytes(range(16)),
    **dict.fromkeys(("forth", "forthcopy", "forthtrivial", "forthtrivial_reset"), bytes(range(16))),
    **dict.fromkeys(("subleq", "rsubleq4"), bytes(range(0, 128, 4))),
}
"""Language -> the bytes that set R prefers: for BFF its instructions in rising order, then 0 if it is none of them."""

LOG_PROGRAMS = 131_072
LOG_SEED = 10_248
LOGS = {
    "bff": (
        (1, 8_388_742, -0.000157),
        (65, 8_364_594, 0.021187),
        (129, 8_358_994, 0.023582),
        (193, 8_356_638, 0.022171),
        (257, 8_352_623, 0.021592),
    ),
    "bff_noheads": (
        (1, 8_388_776, -0.000190),
        (65, 8_286_015, 0.097342),
        (129, 8_216_575, 0.162708),
        (193, 8_161_711, 0.213831),
        (257, 8_114_689, 0.256865),
    ),
    "bff8": (
        (1, 8_388_821, -0.000231),
        (65, 8_388_426, -0.001482),
        (129, 8_386_803, -0.002662),
        (193, 8_382_917, -0.002536),
        (257, 8_380_637, -0.004153),
    ),
    "bff8_noheads": (
        (1, 8_388_705, -0.000123),
        (65, 8_385_448, 0.002395),
        (129, 8_371_081, 0.015028),
        (193, 8_336_369, 0.046664),
        (257, 8_294_863, 0.084336),
    ),
    "bff_noheads_4bit": (
        (1, 8_302_075, 0.082429),
        (65, 1_784_169, 5.037499),
        (129, 1_242_791, 5.413891),
        (193, 1_274_675, 5.528450),
        (257, 1_320_423, 5.518363),
    ),
    "bff_perm": (
        (1, 8_388_904, -0.000310),
        (65, 8_372_991, 0.014157),
        (129, 8_371_746, 0.014097),
        (193, 8_370_337, 0.013852),
        (257, 8_366_130, 0.015793),
    ),
    "bff_selfmove": (
        (1, 8_388_648, -0.000065),
        (65, 8_388_876, -0.000535),
        (129, 8_388_856, -0.000860),
        (193, 8_388_802, -0.001132),
        (257, 8_388_766, -0.001407),
    ),
    "forth": (
        (1, 8_388_613, -0.000034),
        (65, 8_388_613, -0.002463),
        (129, 8_388_616, -0.005488),
        (193, 8_388_619, -0.008011),
        (257, 8_388_623, -0.010055),
    ),
    "forthcopy": (
        (1, 8_388_617, -0.000036),
        (65, 8_388_617, -0.000113),
        (129, 8_388_617, -0.000234),
        (193, 8_388_617, -0.000369),
        (257, 8_388_617, -0.000515),
    ),
    "forthtrivial": (
        (1, 8_388_613, -0.000035),
        (65, 8_388_613, -0.022252),
        (129, 8_388_613, -0.022817),
        (193, 8_388_613, -0.023835),
        (257, 433_287, 5.390509),
    ),
    "forthtrivial_reset": (
        (1, 8_388_613, -0.000035),
        (65, 8_388_613, -0.021298),
        (129, 8_388_613, -0.020831),
        (193, 8_388_627, -0.020254),
        (257, 8_388_621, -0.019204),
    ),
    "subleq": (
        (1, 8_388_613, -0.000038),
        (65, 8_388_613, -0.004219),
        (129, 8_388_613, -0.006448),
        (193, 8_388_613, -0.007402),
        (257, 8_388_617, -0.007872),
    ),
    "rsubleq4": (
        (1, 8_388_613, -0.000033),
        (65, 8_388_613, -0.001932),
        (129, 8_388_613, -0.002752),
        (193, 8_388_613, -0.003142),
        (257, 8_388_613, -0.003207),
    ),
}
"""Language -> (completed epochs, brotli bytes of the soup, high-order complexity) for 131,072 programs, seed 10248."""

FIG4_REPLICATOR = b"[[{.>]-]" + b" " * 48 + b"]-]>.{[["
"""The hand-sanitised replicator of Fig. 4: a palindrome whose loop copies a byte in four steps, from right to left."""
FIG4_TEXT = "[[{.>]-]" + "Ġ" * 48 + "]-]>.{[["
"""The same as the setting `organism` takes it; a blank, byte 0x20, is written Ġ."""

RSUBLEQ4_REPLICATOR = bytes(
    number % 256
    for number in (
        *(9, 16, 20, 4),
        *(4, 5, 19, 4),
        *(0, 0, 12, 4),
        *(-3, -3, 9, 4),
        *(-8, 8, -7, -12),
        *(0, -1, -1, -64, -73),
    )
)
"""The hand-written replicator of section 3.2 for rsubleq4: 25 bytes, five instructions and five constants."""
