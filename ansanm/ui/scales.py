"""Where a value stands on paper."""

import math
from collections.abc import Sequence


class Scale:
    """A straight line from values to places."""

    def __init__(self, low: float, high: float, start: float, end: float):
        self.low, self.start = low, start
        self.slope = (end - start) / (high - low) if high != low else 0.0

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) * self.slope


def nice_ticks(low: float, high: float, count: int) -> tuple[list[float], int]:
    """Return about `count` round values that enclose low and high, and the decimals to write them."""
    if high <= low:
        low, high = low - (abs(low) * 0.1 or 1), high + (abs(high) * 0.1 or 1)
    rough = (high - low) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    # 2.5 needs one decimal more than 2.
    if round(step * 10**decimals, 6) % 1:
        decimals += 1
    return [round(i * step, 10) for i in range(first, last + 1)], decimals


def spread(places: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Move labels apart until each has `gap` of room, as little as can be, in the same order."""

    def top(block):
        centred = sum(places[i] for i in block) / len(block) - gap * (len(block) - 1) / 2
        return max(low, min(centred, high - gap * (len(block) - 1)))

    # Labels that touch become a block, which stays centred on its points within low and high.
    blocks: list[list[int]] = []
    for i in sorted(range(len(places)), key=lambda i: places[i]):
        blocks.append([i])
        while len(blocks) > 1 and top(blocks[-1]) < top(blocks[-2]) + gap * len(blocks[-2]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    moved = list(places)
    for block in blocks:
        for rank, i in enumerate(block):
            moved[i] = top(block) + gap * rank
    return moved
