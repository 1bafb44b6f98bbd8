"""Writes fixtures/statistics.json: what SciPy and NumPy say about samples drawn from a fixed seed.

Run `python3 tasks/make_scipy_constants.py`; needs SciPy 1.9 or newer. The tests of lib/metrics read
the file, so that they need no Python.
"""
import json
import numpy as np
from scipy import special, stats

rng = np.random.default_rng(20261122)


def signed_rank(d):
    """Wilcoxon's W+ with mid-ranks and zeros dropped, for samples with ties."""
    d = d[d != 0]
    return stats.rankdata(np.abs(d))[d > 0].sum() if d.size else 0.0


def wilcoxon(d):
    if len(set(np.abs(d))) == d.size and np.all(d != 0):
        return stats.wilcoxon(d, mode="exact").pvalue
    d = d[d != 0]
    statistic = lambda x, axis: np.apply_along_axis(signed_rank, axis, x)
    result = stats.permutation_test(
        (d,), statistic, permutation_type="samples", vectorized=True, n_resamples=np.inf)
    return result.pvalue


def t_quantile(p, freedom):
    """From the beta distribution: stats.t.ppf itself is good to 9 digits only."""
    x = special.betaincinv(freedom / 2, 0.5, 2 * (1 - p))
    return np.sqrt(freedom * (1 - x) / x)


def paired(values, baseline):
    d = np.asarray(values) - np.asarray(baseline)
    half = t_quantile(0.975, d.size - 1) * stats.sem(d)
    permutation = stats.permutation_test(
        (d,), lambda x, axis: np.mean(x, axis=axis), permutation_type="samples", vectorized=True,
        n_resamples=np.inf)
    return dict(values=list(values), baseline=list(baseline), mean=d.mean(), sd=d.std(ddof=1),
                interval=[d.mean() - half, d.mean() + half], permutationP=permutation.pvalue, wilcoxonP=wilcoxon(d))


def pairs():
    for n in [2, 3, 4, 5, 6, 8, 10, 12]:
        for shift in [0.0, 0.8]:
            baseline = rng.normal(0.68, 0.01, n).round(6)
            values = (baseline + rng.normal(shift * 0.005, 0.005, n)).round(6)
            yield paired(values.tolist(), baseline.tolist())
    # Ties among the sizes of the differences, and zeros; eighths are exact in binary
    yield paired([1.125, 2.25, 3.125, 4.5, 4.875, 6.25], [1, 2, 3, 4, 5, 6])
    yield paired([1, 2.25, 3.25, 3.75, 5, 6.5, 7.125], [1, 2, 3, 4, 5, 6, 7])


def calibration(pixels, classes, sharpness, bins=15):
    logits = rng.normal(0, sharpness, (pixels, classes)).round(4)
    p = np.exp(logits - logits.max(1, keepdims=True))
    p = (p / p.sum(1, keepdims=True)).astype(np.float32).astype(np.float64)
    truth = rng.integers(0, classes, pixels)
    wins = rng.random(pixels) < 0.6
    truth[wins] = p.argmax(1)[wins]
    confidence, hit = p.max(1), p.argmax(1) == truth
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    ece = sum(abs(hit[which == b].mean() - confidence[which == b].mean()) * (which == b).mean()
              for b in range(bins) if (which == b).any())
    brier = ((p - np.eye(classes)[truth]) ** 2).sum(1).mean()
    nll = -np.log(p[np.arange(pixels), truth]).mean()
    entropy = stats.entropy(p, axis=1).mean()
    return dict(probabilities=p.ravel().tolist(), classes=classes, truth=truth.tolist(), ece=ece,
                brier=brier, nll=nll, entropy=entropy, accuracy=hit.mean())


def main():
    quantiles = [dict(probability=p, freedom=f, value=t_quantile(p, f))
                 for p in [0.9, 0.975, 0.995] for f in [1, 2, 3, 4, 5, 9, 30, 200]]
    data = dict(quantiles=quantiles, paired=list(pairs()),
                calibration=[calibration(60, 3, 2.0), calibration(40, 5, 0.5)])
    with open("fixtures/statistics.json", "w") as file:
        json.dump(data, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
