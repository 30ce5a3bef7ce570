"""On what was measured: a figure without its machine says nothing."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

BUSY = 1.0  # a load average above this at the start spoils timings


@dataclass(frozen=True)
class Machine:
    """The processor, the versions that matter, and how busy the machine was at the start."""

    cpu: str
    cores: int
    system: str
    python: str
    torch: str
    numpy: str
    load_average: float
    """Over the last minute, at the start; processes that want a core."""

    @classmethod
    def this(cls) -> Machine:
        """The machine as it is now. torch is not imported for its version."""
        return cls(
            cpu=cpu_name(), cores=cores(), system=f"{platform.system()} {platform.release()}",
            python=platform.python_version(), torch=_version("torch"), numpy=_version("numpy"),
            load_average=load_average(),
        )  # fmt: skip

    @property
    def warning(self) -> str:
        """A sentence when others were using the machine, else nothing."""
        if self.load_average <= BUSY:
            return ""
        return (
            f"Warning: the load average is {self.load_average:.1f}. Others use this machine now; times are too long, "
            "and ratios are only as good as their interleaving."
        )

    def text(self) -> str:
        """For people."""
        lines = [
            f"{self.cpu}, {self.cores} cores, {self.system}",
            f"Python {self.python}, torch {self.torch}, numpy {self.numpy}, load average {self.load_average:.2f}",
        ]
        return "\n".join(lines + ([self.warning] if self.warning else []))

    def to_json(self) -> str:
        """For programs: one line."""
        return json.dumps({"machine": asdict(self), "warning": self.warning or None})


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load_average() -> float:
    """Over the last minute; 0 where the system does not say."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0


@dataclass(frozen=True)
class CoreTime:
    """What all cores together have spent since the machine started, in ticks of the kernel."""

    total: int = 0
    stolen: int = 0
    """Of it, what they wanted to compute in while the host of this virtual machine gave them to others."""

    @classmethod
    def now(cls, stat: Path = Path("/proc/stat")) -> CoreTime:
        """As the kernel counts it; nothing where it does not say."""
        try:
            ticks = [int(word) for word in stat.read_text("utf-8").split("\n", 1)[0].split()[1:9]]
        except (OSError, ValueError):
            return cls()
        return cls(sum(ticks), ticks[7]) if len(ticks) == 8 else cls()

    def stolen_since(self, before: CoreTime) -> float:
        """The share of the time between, 0 to 1."""
        return (self.stolen - before.stolen) / max(1, self.total - before.total)


def cpu_name() -> str:
    """What the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
