"""Very small numbers and shares as people can read them, also those that no float can hold."""

from __future__ import annotations

import math

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(log10: float, digits: int = 3) -> str:
    """The number 10 to the power `log10`, three significant digits: 0.25, 0.0012, 3.4·10⁻⁵, 1.07·10⁻⁴⁵⁷, 0.

    It is given as a logarithm, so that it may be far below the smallest float64.
    """
    if log10 == -math.inf:
        return "0"
    if log10 == math.inf:
        return "∞"
    if -4 < log10 < 6:
        return f"{10**log10:,.{digits}g}" if log10 < 3 else f"{10**log10:,.0f}"
    exponent = math.floor(log10)
    mantissa = f"{10 ** (log10 - exponent):.{digits}g}"
    if float(mantissa) == 10:  # 9.996 rounds up
        exponent, mantissa = exponent + 1, "1"
    return f"{mantissa}·10{str(exponent).translate(SUPERSCRIPT)}"


def small(p: float) -> str:
    """A probability or another number from 0 up, three significant digits."""
    return power(math.log10(p) if p > 0 else -math.inf)


def signed(x: float, digits: int = 2) -> str:
    """A sum of logarithms: a real minus sign, ∞ for infinity."""
    if math.isinf(x):
        return "−∞" if x < 0 else "∞"
    return f"{x:,.{digits}f}".replace("-", "−") if round(x, digits) else f"{0:.{digits}f}"


def percent(p: float) -> str:
    """A share as components write it (`percent` in common.js): three digits, 100% for nothing less."""
    if p >= 0.9995:
        return "100%" if p > 0.9999999 else f"{100 * p:.2f}%" if p < 0.99995 else ">99.9%"
    if p < 0.00001:
        return "<0.001%" if p > 0 else "0%"
    return f"{100 * p:#.3g}%"
