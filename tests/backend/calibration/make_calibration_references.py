"""Calibrators fitted by other means than ours: scikit-learn, SciPy, and Newton's method on explicit Hessians.

usage: make_calibration_references.py OUT.json
Writes made logits with labels, test logits, and for each calibrator its probabilities of the test logits.
"""

import json
import sys

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq, minimize
from scipy.special import expit, log_softmax, logsumexp, softmax
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss, roc_auc_score

N, C, BINS, KNOTS, LAMBDA, MU = 300, 4, 15, 6, 0.01, 0.02


def made(n, seed):
    random = np.random.default_rng(seed)
    z = 2 * random.standard_normal((n, C))
    labels = np.array([random.choice(C, p=row) for row in softmax(z, axis=1)])
    return 2.5 * z + 0.3 * np.arange(C), labels


def newton(value, x):
    """Minimum of a smooth convex function: value(x) gives f, gradient, Hessian."""
    for _ in range(200):
        f, g, h = value(x)
        step = np.linalg.lstsq(h, -g, rcond=None)[0]
        length = 1.0
        while value(x + length * step)[0] > f + 1e-4 * length * (g @ step) and length > 1e-8:
            length /= 2
        x = x + length * step
        if np.abs(step).max() < 1e-13:
            break
    return x


def linear(features, labels, full, lam, mu):
    """softmax(W f + b) with ODIR; W is diagonal unless full. Parameters: W row-major (or its diagonal), b."""
    width = C * C if full else C
    truth = np.eye(C)[labels]
    # jacobian[n, c, :] = d u_c / d parameters
    jacobian = np.zeros((len(labels), C, width + C))
    for c in range(C):
        if full:
            jacobian[:, c, c * C:(c + 1) * C] = features
        else:
            jacobian[:, c, c] = features[:, c]
        jacobian[:, c, width + c] = 1
    weight = np.zeros(width + C)
    weight[width:] = mu / C
    if full:
        weight[:width] = lam / (C * (C - 1)) * (1 - np.eye(C)).ravel()

    def value(x):
        u = jacobian @ x
        p = softmax(u, axis=1)
        f = -np.mean(log_softmax(u, axis=1)[np.arange(len(labels)), labels]) + weight @ x**2
        g = np.einsum("nc,ncp->p", p - truth, jacobian) / len(labels) + 2 * weight * x
        mean = np.einsum("nc,ncp->np", p, jacobian)
        h = np.einsum("nc,ncp,ncq->pq", p, jacobian, jacobian) - mean.T @ mean
        return f, g, h / len(labels) + 2 * np.diag(weight)

    start = np.concatenate([np.eye(C).ravel() if full else np.ones(C), np.zeros(C)])
    x = newton(value, start)
    w = x[:width].reshape(C, C) if full else np.diag(x[:width])
    return lambda f: softmax(f @ w.T + x[width:], axis=1)


def logistic(columns, targets):
    def value(w):
        eta = columns @ w
        p = expit(eta)
        f = np.mean(np.logaddexp(0, eta) - targets * eta)
        return f, columns.T @ (p - targets) / len(eta), (columns.T * (p * (1 - p))) @ columns / len(eta)

    w = newton(value, np.zeros(columns.shape[1]))
    return w, value(w)[0]


def log_odds(z):
    """ln p and ln (1 - p), the latter summed over the other classes."""
    total = logsumexp(z, axis=1, keepdims=True)
    others = np.stack([logsumexp(np.delete(z, k, axis=1), axis=1) for k in range(C)], axis=1)
    return z - total, others - total


def rows(values):
    return values / values.sum(axis=1, keepdims=True)


def platt(z, labels, fresh):
    result = np.empty_like(fresh)
    for k in range(C):
        is_, not_ = log_odds(z)
        s = (is_ - not_)[:, k]
        ones = (labels == k).sum()
        targets = np.where(labels == k, (ones + 1) / (ones + 2), 1 / (len(labels) - ones + 2))
        w, _ = logistic(np.stack([s, np.ones_like(s)], axis=1), targets)
        is_, not_ = log_odds(fresh)
        result[:, k] = expit(w[0] * (is_ - not_)[:, k] + w[1])
    return rows(result)


def beta(z, labels, fresh):
    result = np.empty_like(fresh)
    free = []
    for k in range(C):
        is_, not_ = log_odds(z)
        columns = np.stack([is_[:, k], -not_[:, k], np.ones(len(z))], axis=1)
        best = None
        # Which of a and b are held at 0: the feasible choice with the least loss is the constrained minimum.
        for kept in ([0, 1, 2], [0, 2], [1, 2], [2]):
            w = np.zeros(3)
            part, loss = logistic(columns[:, kept], (labels == k).astype(float))
            w[kept] = part
            if w[0] >= 0 and w[1] >= 0 and (best is None or loss < best[1]):
                best = (w, loss, kept)
        w = best[0]
        free.append(len(best[2]))
        is_, not_ = log_odds(fresh)
        result[:, k] = expit(w[0] * is_[:, k] - w[1] * not_[:, k] + w[2])
    return rows(result), free


def histogram(z, labels, fresh, equal_mass):
    p, q = softmax(z, axis=1), softmax(fresh, axis=1)
    result = np.empty_like(q)
    for k in range(C):
        ordered = np.sort(p[:, k])
        if equal_mass:
            borders = ordered[[-(-(b + 1) * len(ordered) // BINS) - 1 for b in range(BINS)]]
        else:
            borders = np.array([(b + 1) / BINS for b in range(BINS)])
        def find(x):
            return np.minimum(np.searchsorted(borders, x, side="left"), BINS - 1)
        place = find(p[:, k])
        lower = np.concatenate([[0], borders[:-1]])
        values = np.array([np.mean(labels[place == b] == k) if (place == b).any() else (lower[b] + borders[b]) / 2
                           for b in range(BINS)])
        result[:, k] = values[find(q[:, k])]
    total = result.sum(axis=1, keepdims=True)
    return np.where(total > 0, result / np.where(total > 0, total, 1), 1 / C)


def isotonic(z, labels, fresh, multi):
    p, q = softmax(z, axis=1), softmax(fresh, axis=1)
    if multi:
        fit = IsotonicRegression(out_of_bounds="clip").fit(p.ravel(), np.eye(C)[labels].ravel())
        return rows(fit.predict(q.ravel()).reshape(q.shape) + 1e-9 * q)
    result = np.empty_like(q)
    for k in range(C):
        fit = IsotonicRegression(out_of_bounds="clip").fit(p[:, k], (labels == k).astype(float))
        result[:, k] = fit.predict(q[:, k])
    total = result.sum(axis=1, keepdims=True)
    return np.where(total > 0, result / np.where(total > 0, total, 1), 1 / C)


def spline(z, labels, fresh):
    p, q = softmax(z, axis=1), softmax(fresh, axis=1)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    order = np.argsort(confidence, kind="stable")
    confidence, right = confidence[order], right[order]
    place = np.arange(1, len(z) + 1) / len(z)
    gap = np.cumsum(right - confidence) / len(z)
    knots = np.linspace(0, 1, KNOTS)
    basis = [CubicSpline(knots, unit, bc_type="natural") for unit in np.eye(KNOTS)]
    design = np.stack([b(place) for b in basis], axis=1)
    values = np.linalg.lstsq(design, gap, rcond=None)[0]
    slope = CubicSpline(knots, values, bc_type="natural")(place, 1)
    top = np.interp(q.max(axis=1), confidence, np.clip(confidence + slope, 0, 1))
    result = np.empty_like(q)
    for i, row in enumerate(q):
        best = row.argmax()
        share = row / (row.sum() - row[best])
        share[best] = 0
        least = share.max() / (1 + share.max())
        t = max(top[i], least)
        result[i] = (1 - t) * share
        result[i, best] = t
    return result


def temperature(z, labels, loss):
    def slope(log_t):
        t = np.exp(log_t)
        u = z / t
        p = softmax(u, axis=1)
        mean = (p * u).sum(axis=1)
        if loss == "nll":
            return np.mean(u[np.arange(len(labels)), labels] - mean)
        return -2 * np.mean(((p - np.eye(C)[labels]) * p * (u - mean[:, None])).sum(axis=1))

    return np.exp(brentq(slope, np.log(0.3), np.log(20), xtol=1e-14))


def ensemble(z, labels, fresh, loss):
    t = temperature(z, labels, loss)

    def members(x):
        return np.stack([softmax(x / t, axis=1), softmax(x, axis=1), np.full(x.shape, 1 / C)])

    m, truth = members(z), np.eye(C)[labels]

    def value(a):
        p = np.tensordot(a, m, 1)
        if loss == "nll":
            return -np.mean(np.log(p[np.arange(len(labels)), labels]))
        return np.mean((p - truth) ** 2) * 100

    def gradient(a):
        p = np.tensordot(a, m, 1)
        if loss == "nll":
            rows_ = np.arange(len(labels))
            return -np.mean(m[:, rows_, labels] / p[rows_, labels], axis=1)
        return 200 * np.mean(((p - truth) * m), axis=(1, 2))

    found = minimize(value, [0.6, 0.2, 0.2], jac=gradient, method="SLSQP", bounds=[(0, 1)] * 3,
                     constraints={"type": "eq", "fun": lambda a: a.sum() - 1, "jac": lambda a: np.ones(3)},
                     options={"ftol": 1e-16, "maxiter": 1000})
    return np.tensordot(found.x, members(fresh), 1)


def main():
    z, labels = made(N, 1)
    fresh, fresh_labels = made(80, 2)
    betas, _ = beta(z, labels, fresh)
    # Labels that have nothing to do with the logits: about half of the free slopes would be negative.
    chance = np.random.default_rng(3).integers(0, C, N)
    bounded, free = beta(z, chance, fresh)
    p = softmax(fresh, axis=1)
    right = p.argmax(axis=1) == fresh_labels
    references = {
        "temperature": softmax(fresh / temperature(z, labels, "nll"), axis=1),
        "temperature mse": softmax(fresh / temperature(z, labels, "mse"), axis=1),
        "ensemble-temperature": ensemble(z, labels, fresh, "nll"),
        "ensemble-temperature mse": ensemble(z, labels, fresh, "mse"),
        "vector": linear(z, labels, False, LAMBDA, MU)(fresh),
        "matrix": linear(z, labels, True, LAMBDA, MU)(fresh),
        "dirichlet": linear(log_softmax(z, axis=1), labels, True, LAMBDA, MU)(log_softmax(fresh, axis=1)),
        "platt": platt(z, labels, fresh),
        "beta": betas,
        "beta chance": bounded,
        "histogram": histogram(z, labels, fresh, True),
        "histogram width": histogram(z, labels, fresh, False),
        "isotonic": isotonic(z, labels, fresh, False),
        "isotonic-multi": isotonic(z, labels, fresh, True),
        "spline": spline(z, labels, fresh),
    }
    with open(sys.argv[1], "w") as out:
        json.dump({"logits": z.tolist(), "labels": labels.tolist(), "fresh": fresh.tolist(),
                   "fresh_labels": fresh_labels.tolist(), "chance": chance.tolist(), "beta_free": free,
                   "auroc": roc_auc_score(right, p.max(axis=1)), "nll": log_loss(fresh_labels, p),
                   "lambda": LAMBDA, "mu": MU, "bins": BINS, "knots": KNOTS,
                   "probabilities": {name: value.tolist() for name, value in references.items()}}, out)


main()
