"""Embedded agents: claims of arXiv 2511.22226 in finite form.

Regions repeat the words and numbers of their sources. Some statements of ours were written after a first look at what
the agents do; each of them says so, and is measured at settings that had not been looked at.
"""

from __future__ import annotations

from primordia.core.claims import Claim, Expected
from primordia.games.claims import embedded_measures as measures

PAPER = "arXiv 2511.22226"
_MEMORY_ONE = {"horizons": [1], "alphas": [0.6, 0.75, 0.9], "floor": 1e-3, "rounds": 24}
_AFRESH = {"horizons": [1], "alphas": [0.65, 0.7, 0.8, 0.85, 0.95], "floor": 1e-4, "rounds": 60}
_CLASSES = {"seed": 1, "classes": 20, "n_policies": 3, "rounds": 6}
_SWEEP = {
    "config": {
        "policies": "delays", "alpha_low": 0.1, "alpha_high": 0.9, "n_alphas": 17, "n_masses": 10, "seed": 101,
    }
}  # fmt: skip
_SPEC = "measured for this project, with other code"

CLAIMS = (
    Claim(
        "G21",
        "Twins defect for the first T rounds, T the first k with alpha > m_k/(1+m_k), and then cooperate for ever.",
        f"{PAPER}, example 4.13",
        {"masses": [0.0, 0.2, 0.5], "alphas": [0.05, 0.1, 0.2, 0.25, 0.34, 0.4, 0.45, 0.51, 0.9], "rounds": 30},
        measures.switch_times,
        Expected(0, 0, "the formula is exact; only at an exact tie may rounding decide"),
        "quick",
        "a second",
    ),
    Claim(
        "G22",
        "What a decoupled forecaster loses is KL(rho || rho_d).",
        f"{PAPER}, proposition 3.21, with the arguments of its derivation",
        _CLASSES,
        measures.prediction_gap,
        Expected(0.0, 1e-12, "an identity, to rounding"),
        "quick",
        "seconds",
    ),
    Claim(
        "G22-bound",
        "The mixture loses at most -log w(lambda) in any universe lambda.",
        f"{PAPER}, theorem 3.18",
        _CLASSES,
        measures.solomonoff_bound,
        Expected(-100.0, 1e-12, "a bound, to rounding; nothing is held against being far below it"),
        "quick",
        "seconds",
    ),
    Claim(
        "G26",
        "Averaged best responses bring the liar, and both players of matching pennies, to 1/2.",
        f"{PAPER}, example 5.20; .5002, .502 and .500 {_SPEC}",
        {"iterations": 2000},
        measures.fixed_points,
        Expected(0.0, 0.01, "0.01 as in the source of the numbers"),
        "quick",
        "a second",
    ),
    Claim(
        "G26-circle",
        "Matching pennies circles 1/2 ever closer (ours, written after G26 had failed: where it is after "
        "2000 iterations is chance).",
        "ours; fictitious play comes closer as one over the root of the iterations",
        {"iterations": 40_000},
        measures.circle,
        Expected(0.0, 0.01, "0.01 as in G26, for the radius in place of one point"),
        "quick",
        "a second",
    ),
    Claim(
        "G26-coins",
        "Without coins neither the liar nor matching pennies has a consistent answer.",
        f"{PAPER}, section 5",
        {},
        measures.without_coins,
        Expected(0, 0, "there is none"),
        "quick",
        "a moment",
    ),
    Claim(
        "G28",
        "Decoupled agents defect in every round, looking one or two rounds ahead.",
        _SPEC,
        {**_MEMORY_ONE, "horizons": [1, 2], "alphas": [0.0]},
        measures.decoupled_defects,
        Expected(0, 0, "all D was measured, and the computation is exact; alpha does not enter a decoupled agent"),
        "quick",
        "a moment",
    ),
    Claim(
        "G28-opens",
        "Myopic embedded twins open with cooperation when copies weigh 0.6 or more.",
        _SPEC,
        _MEMORY_ONE,
        measures.opens,
        Expected(1.0, 1.0, "at every weight"),
        "quick",
        "a moment",
    ),
    Claim(
        "G28-cycles",
        "But they do not keep it up: what they do is no memory-one policy, the truth has no grain in their class.",
        f"CCDCCDDCCD {_SPEC}",
        _MEMORY_ONE,
        measures.cooperation_late,
        Expected(0.2, 0.8, "cyclic: neither all C nor all D; CCDCCDDCCD has one half after two rounds"),
        "quick",
        "a moment",
    ),
    Claim(
        "G31-realised",
        "Adding the agents' realised policy to the class restores stable cooperation (ours, M2).",
        "a prediction of this project",
        {**_MEMORY_ONE, "change": "realised"},
        measures.cooperation_late,
        Expected(1.0, 1.0, "restored means in every round"),
        "quick",
        "a moment",
    ),
    Claim(
        "G31-closed",
        "Adding every way to leave mutual cooperation, as a policy, restores it (ours, written after G31-realised "
        "had failed).",
        f"ours, after the grain of uncertainty of {PAPER}, section 3; found at alpha .6, .75, .9, measured at others",
        {**_AFRESH, "change": "closed"},
        measures.cooperation_late,
        Expected(1.0, 1.0, "restored means in every round"),
        "quick",
        "a moment",
    ),
    Claim(
        "G31-shared",
        "Copies that tremble together keep cooperating with the memory-one class as it is (ours, written after "
        "G31-realised had failed).",
        "ours; found at alpha .6, .75, .9, measured at others",
        {**_AFRESH, "change": "shared"},
        measures.cooperation_late,
        Expected(1.0, 1.0, "restored means in every round"),
        "quick",
        "a moment",
    ),
    Claim(
        "G32",
        "Occam's prior over 5898 Moore machines gives copies a weight of .533 (ours, M4).",
        f"S = .875 {_SPEC}; {PAPER}, theorem 5.36, is about all programs",
        {"states": 3, "bits_per_state": 1.0},
        measures.effective_alphas,
        Expected(0.5325, 0.5335, "three digits"),
        "quick",
        "a moment",
    ),
    Claim(
        "G32-longer",
        "With two bits per state in place of one it is .753 (ours, M4).",
        f"S = .328 {_SPEC}",
        {"states": 3, "bits_per_state": 2.0},
        measures.effective_alphas,
        Expected(0.7525, 0.7535, "three digits"),
        "quick",
        "a moment",
    ),
    Claim(
        "G32-cooperates",
        "Twins under Occam's prior cooperate from round 0 on, for S below 1 (ours, M4).",
        "a prediction of this project, made for agents that tremble on their own as in G28",
        {"states": 3, "bits_per_state": [1.0, 2.0], "trembles": "own", "rounds": 20},
        measures.occam_cooperates,
        Expected(1.0, 1.0, "from round 0 on means in every round"),
        "quick",
        "seconds",
    ),
    Claim(
        "G32-shared",
        "They do where copies tremble together (ours: G32-cooperates, narrowed after it had failed).",
        "ours; found with one and two bits per state, measured with others",
        {"states": 3, "bits_per_state": [1.5, 2.5, 3.0], "trembles": "shared", "rounds": 60},
        measures.occam_cooperates,
        Expected(1.0, 1.0, "from round 0 on means in every round"),
        "quick",
        "seconds",
    ),
    Claim(
        "G33",
        "With dogmatic beliefs any deterministic profile lasts (ours, M6).",
        f"{PAPER}, proposition 4.29",
        {"rounds": 20, "horizon": 10, "p_dogma": [1.0, 0.999, 0.9]},
        measures.dogma_lasts,
        Expected(1.0, 1.0, "any means all 1024"),
        "quick",
        "a moment",
    ),
    Claim(
        "G33-sampling",
        "Thompson sampling with any positive mass on the truth gets out (ours, M6).",
        f"{PAPER}, section 4, in finite form",
        {"seed": 1, "agents": 2000, "rounds": 1000, "p_dogma": 0.99},
        measures.sampling_escapes,
        Expected(0.999, 1.0, "1 - 0.99^1000 = 0.99996 is exact; two of 2000 may be late"),
        "quick",
        "seconds",
    ),
    Claim(
        "G34",
        "Being embedded pays with a twin (ours, M7).",
        "a prediction of this project",
        _SWEEP,
        measures.gain_with_twins,
        Expected(0.01, 1.0, "a gain, of at most R - P = 1 per round"),
        "quick",
        "seconds",
    ),
    Claim(
        "G34-strangers",
        "And costs with a stranger that always defects, one round, until it has shown itself (ours, M7; that it is one "
        "round was seen first, with another seed).",
        "a prediction of this project: a loss to who always defects, in the first rounds",
        _SWEEP,
        measures.loss_with_strangers,
        Expected(1e-6, 1.0, "a cost in payoff per match, at most P - S = 1: one round tells that this is no copy"),
        "quick",
        "seconds",
    ),
)
