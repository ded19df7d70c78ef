"""Splitting a whole into parts that add up to it exactly."""


def largest_remainder(total: int, weights: list[int]) -> list[int]:
    """``total`` split by ``weights`` into whole parts whose sum is ``total``; ties go to the earlier part."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda index: (-(total * weights[index] % whole), index))
    for index in order[: total - sum(parts)]:
        parts[index] += 1
    return parts
