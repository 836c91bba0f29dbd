"""dfk's losses (src/models/losses.ts) in PyTorch. Pictures are [n, c, s, s] in 0–1."""

import math

import torch
from torch.nn import functional as F


def blur_matrices(size, device):
    """SSIM at two scales: windows of about a twelfth of the side, and of twice that."""
    fine = max(5, 2 * int(size / 11.6 / 2) + 1)
    return [blur_matrix(size, window, device) for window in (fine, 2 * fine + 1)]


def blur_matrix(size, window, device):
    """[s', s]: SSIM's Gaussian window (Wang et al. 2004) as a product from one side, without borders."""
    sigma = 1.5 / 11 * window
    raw = [math.exp(-((i - (window - 1) / 2) ** 2) / (2 * sigma**2)) for i in range(window)]
    matrix = torch.zeros(size - window + 1, size)
    for row in range(len(matrix)):
        matrix[row, row : row + window] = torch.tensor(raw) / sum(raw)
    return matrix.to(device)


def ssim(a, b, matrix):
    def blur(x):
        return matrix @ x @ matrix.T

    mean_a, mean_b = blur(a), blur(b)
    mean_ab, squares = mean_a * mean_b, mean_a.square() + mean_b.square()
    variances = blur(a.square() + b.square()) - squares
    covariance = blur(a * b) - mean_ab
    likeness = (2 * mean_ab + 0.01**2) * (2 * covariance + 0.03**2)
    return (likeness / ((squares + 0.01**2) * (variances + 0.03**2))).mean()


def reconstruction(made, faces, masks, accents, matrices):
    """5·DSSIM + 10·L1 in the mask + 30·L1 in eyes and mouth + 2·L1 of the mask + 0.5·L1 everywhere."""
    rgb, mask = made
    similarity = sum(ssim(rgb * masks, faces * masks, matrix) for matrix in matrices) / len(matrices)
    pixels = ((rgb - faces).abs() * (10 * masks + 30 * accents + 0.5)).mean()
    return 2.5 * (1 - similarity) + pixels + 2 * (mask - masks).abs().mean()


def adversarial(logits, real):
    return sum(F.softplus(-x if real else x).mean() for x in logits) / len(logits)
