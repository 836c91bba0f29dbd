"""Logistic regression by Newton's method, and Platt scaling by it; real and manipulated files count alike."""

import numpy as np


def squash(x):
    return 1 / (1 + np.exp(-np.clip(x, -40, 40)))


def balanced(labels, shares=None):
    """Real and manipulated files count alike, within them by `shares`; the weights add up to their number."""
    fake = labels > 0.5  # targets may be smoothed
    shares = np.ones(len(labels)) if shares is None else shares
    return shares * np.where(fake, 0.5 / max(shares[fake].sum(), 1e-9), 0.5 / max(shares[~fake].sum(), 1e-9)) * len(labels)


def logistic(x, labels, prior, ridge, least=-np.inf, hold=1e-6, shares=None):
    """Weights and intercept by Newton's method, weights drawn towards `prior` and kept at `least` or above (active set), the intercept held to 0 by `hold`."""
    n, size = x.shape
    weights, w = balanced(labels, shares), np.r_[np.array(prior, float), 0.0]
    x = np.c_[x, np.ones(n)]
    pull = np.r_[np.full(size, ridge * n), hold]
    aim, free = np.r_[np.array(prior, float), 0.0], np.ones(size + 1, bool)
    for _ in range(60):
        p = squash(x @ w)
        gradient = x.T @ (weights * (p - labels)) + pull * (w - aim)
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + np.diag(pull)
        free = np.r_[(w[:-1] > least) | (gradient[:-1] < 0), True]
        step = np.zeros(size + 1)
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        w = w - np.clip(step, -2, 2)
        w[:-1] = np.maximum(w[:-1], least)
    return w[:-1], w[-1]


def platt(scores, labels, shares=None):
    """Slope (not negative) and intercept for targets smoothed as by Platt."""
    high, low = 1 - 1 / (labels.sum() + 2), 1 / ((1 - labels).sum() + 2)
    w, b = logistic(scores[:, None], np.where(labels == 1, high, low) if len(set(labels)) > 1 else labels, [0.0], 1e-4, 0.0, shares=shares)
    return float(w[0]), float(b)


def odds_with_traceless(log_odds, traceless):
    """Odds of manipulation where `log_odds` are those of a fake that left traces, and a share of all fakes leaves none and so looks as real pictures do."""
    return (1 - traceless) * np.exp(np.clip(log_odds, -40, 40)) + traceless


def probability(log_odds, traceless):
    odds = odds_with_traceless(log_odds, traceless)
    return odds / (1 + odds)


def platt_with_traceless(scores, labels, shares=None, most=0.45):
    """(slope, intercept, share of fakes without a trace), the most likely ones: Fisher scoring of the first two for each of many shares."""
    weights, x, best = balanced(labels, shares), np.c_[scores, np.ones(len(scores))], None
    for traceless in np.arange(0, most, 0.01):
        w = np.array([1.0, 0.0])
        for _ in range(60):
            p = probability(x @ w, traceless)
            rise = p * (1 - p) * (1 - traceless / odds_with_traceless(x @ w, traceless))  # of p with the log-odds
            j = x * rise[:, None]
            v = weights / np.maximum(p * (1 - p), 1e-9)
            step = np.clip(np.linalg.solve((j * v[:, None]).T @ j + 1e-6 * np.eye(2), j.T @ (v * (p - labels))), -0.5, 0.5)
            w = np.maximum(w - step, [0.05, -np.inf])
        p = np.clip(probability(x @ w, traceless), 1e-9, 1 - 1e-9)
        likely = float((weights * np.log(np.where(labels == 1, p, 1 - p))).sum())
        if best is None or likely > best[0]:
            best = likely, float(w[0]), float(w[1]), float(traceless)
    return best[1:]
