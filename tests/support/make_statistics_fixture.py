"""What SciPy makes of small samples, for tests/experiment.

usage: /usr/bin/python3 tests/support/make_statistics_fixture.py

Run by hand, with python3-scipy 1.10; rewrites tests/fixtures/statistics.json. Numbers are written so that they are read
back exactly. Samples are of sizes that a comparison has: few seeds, errors in steps of 0.01 percent, with and without
ties.
"""

import json
import math
import os

import numpy as np
from scipy import integrate, optimize, stats

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "statistics.json")


def noncentral_t(t, degrees, noncentrality):
    """P(T <= t), T = (Z + noncentrality) / U: over the distribution of U = sqrt(chi^2 / degrees), by quadrature. SciPy's
    own has an error of its own in the far tail; where both are good they must agree."""
    root = math.sqrt(degrees)
    value = 0.0
    edges = [0.0, *stats.chi.ppf([0.001, 0.1, 0.5, 0.9, 0.999], degrees), stats.chi.isf(1e-17, degrees)]
    for low, high in zip(edges, edges[1:]):
        value += integrate.quad(lambda u: stats.norm.cdf(t * u / root - noncentrality) * stats.chi.pdf(u, degrees),
                                low, high, epsabs=1e-14, epsrel=1e-13)[0]
    assert abs(value - stats.nct.cdf(t, degrees, noncentrality)) < 1e-8, (t, degrees, noncentrality)
    return value


def t_interval(level, degrees, mean, error):
    """SciPy's quantile of t is right to about nine digits; two of Newton's steps make it all of them."""
    t = stats.t.isf((1 - level) / 2, degrees)
    for _ in range(2):
        t += (stats.t.sf(t, degrees) - (1 - level) / 2) / stats.t.pdf(t, degrees)
    return [mean - t * error, mean + t * error], t


def series(seed, n, mean, deviation):
    """Two series of errors in percent, in steps of 0.01, whose differences have about this mean and deviation."""
    rng = np.random.default_rng(seed)
    b = np.round(rng.normal(5, 1, n), 2)
    return np.round(b + rng.normal(mean, deviation, n), 2).tolist(), b.tolist()


def effect(d, t):
    n = len(d)
    factor = math.exp(math.lgamma((n - 1) / 2) - math.lgamma((n - 2) / 2)) / math.sqrt((n - 1) / 2) if n > 2 else None
    d_z = np.mean(d) / np.std(d, ddof=1)
    limits = [optimize.brentq(lambda x: noncentral_t(t, n - 1, x) - p, t - 10 - 3 * abs(t), t + 10 + 3 * abs(t),
                              xtol=1e-13) / math.sqrt(n) for p in (0.975, 0.025)]
    return {"d_z": d_z, "unbiased": factor * d_z if factor else None, "interval": limits}


def paired(a, b, margin):
    d = np.subtract(a, b)
    n, mean, error = len(d), np.mean(d), stats.sem(d)
    two_sided = stats.ttest_rel(a, b)
    row = {"a": a, "b": b, "margin": margin, "mean": mean, "deviation": np.std(d, ddof=1), "p_t": two_sided.pvalue,
           "interval": t_interval(0.95, n - 1, mean, error)[0],
           "p_equivalence": max(stats.ttest_1samp(d, -margin, alternative="greater").pvalue,
                                stats.ttest_1samp(d, margin, alternative="less").pvalue),
           "equivalence_interval": t_interval(0.90, n - 1, mean, error)[0],
           "effect": effect(d, two_sided.statistic)}
    # SciPy's exact distribution knows no ties, its approximation does.
    sizes = np.abs(np.round(d, 2))
    if n > 25:
        row["p_wilcoxon"] = stats.wilcoxon(np.round(d, 2), mode="approx", correction=False).pvalue
    elif len(set(sizes)) == n and sizes.min() > 0:
        row["p_wilcoxon"] = stats.wilcoxon(np.round(d, 2), mode="exact").pvalue
    return row


def bootstrap(values):
    """BCa of so many resamples that their own error hardly counts."""
    interval = stats.bootstrap((values,), np.mean, n_resamples=400000, batch=20000, method="BCa",
                               random_state=np.random.default_rng(1)).confidence_interval
    return {"values": values, "interval": [interval.low, interval.high]}


def mcnemar(first, second):
    exact = stats.binomtest(first, first + second).pvalue
    return {"first": first, "second": second, "p_exact": exact,
            "p_mid": exact - stats.binom.pmf(min(first, second), first + second, 0.5)}


def power(pairs, difference, deviation, alpha):
    critical = t_interval(1 - alpha, pairs - 1, 0, 1)[1]
    shift = math.sqrt(pairs) * difference / deviation
    value = 1 - noncentral_t(critical, pairs - 1, shift) + noncentral_t(-critical, pairs - 1, shift)
    return {"pairs": pairs, "difference": difference, "deviation": deviation, "alpha": alpha, "power": value}


def wilson(wrong, cases):
    interval = stats.binomtest(wrong, cases).proportion_ci(0.95, "wilson")
    return {"wrong": wrong, "cases": cases, "interval": [100 * interval.low, 100 * interval.high]}


def main():
    rows = [series(1, 2, -0.5, 0.2), series(2, 3, 0.1, 0.1), series(3, 5, -0.3, 0.2), series(4, 10, 0.0, 0.1),
            series(5, 10, -1.5, 0.3), series(6, 20, 0.02, 0.2), series(7, 40, 0.1, 0.3), series(8, 60, 0.0, 0.05),
            series(9, 12, 3.0, 0.05)]
    skewed = np.round(np.random.default_rng(10).exponential(1, 15), 3).tolist()
    values = [np.round(np.subtract(*rows[4]), 2).tolist(), np.round(np.subtract(*rows[6]), 2).tolist(), skewed]
    fixture = {
        "paired": [paired(a, b, 0.1) for a, b in rows],
        "bootstrap": [bootstrap(v) for v in values],
        "mcnemar": [mcnemar(*counts) for counts in
                    [(0, 1), (0, 6), (1, 7), (7, 1), (12, 25), (150, 201), (50000, 50800), (10**6, 10**6 - 2500)]],
        "power": [power(*case) for case in
                  [(2, 0.5, 0.2, 0.05), (3, 0.1, 1.0, 0.05), (5, 1.0, 1.0, 0.05), (10, -0.3, 0.4, 0.05),
                   (10, 0.3, 0.4, 0.01), (34, 0.5, 1.0, 0.05), (100, 0.3, 1.0, 0.001), (1000, 0.05, 1.0, 0.05),
                   (5, 12.0, 1.0, 0.05), (10, 0.0, 1.0, 0.05)]],
        "wilson": [wilson(*counts) for counts in [(0, 1), (0, 20), (1, 5), (3, 10), (10, 100), (20, 20), (130, 10000)]],
    }
    with open(FILE, "w", encoding="ascii") as file:
        json.dump(fixture, file, separators=(",", ":"))
        file.write("\n")


main()
