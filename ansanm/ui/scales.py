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
    order = sorted(range(len(places)), key=lambda i: places[i])
    # Blocks of labels that touch move together, so that the block stays centred on its points.
    blocks: list[list[int]] = []
    for i in order:
        blocks.append([i])
        while len(blocks) > 1:
            upper, lower = blocks[-2], blocks[-1]
            if _top(lower, places, gap) - (_top(upper, places, gap) + gap * (len(upper) - 1)) >= gap:
                break
            blocks[-2:] = [upper + lower]
    moved = list(places)
    for block in blocks:
        start = _top(block, places, gap)
        start = max(low, min(start, high - gap * (len(block) - 1)))
        for rank, i in enumerate(block):
            moved[i] = start + gap * rank
    return moved


def _top(block: list[int], places: Sequence[float], gap: float) -> float:
    return sum(places[i] for i in block) / len(block) - gap * (len(block) - 1) / 2
