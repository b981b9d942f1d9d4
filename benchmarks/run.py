"""Measure standort beside its peers, in one run, on the same places.

    python -m benchmarks.run                      everything, 1,000,000 sites x 100,000 points
    python -m benchmarks.run --only nearest,sum   some of it
    python -m benchmarks.run --smoke              small, to see that it runs and answers agree

Prints a table and writes all figures to benchmarks/results/ as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cases import CASES
from benchmarks.command import compare_command, time_start
from benchmarks.crowding import time_crowds
from benchmarks.data import generate
from benchmarks.drawing import time_draws
from benchmarks.peers import PEER_CASES
from benchmarks.streaming import grow
from benchmarks.surfacing import time_surface
from benchmarks.timing import ROOT, in_fresh_process, peak_memory_gib, timed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.cases import Case
    from benchmarks.data import Places
    from benchmarks.timing import Run

_STUDIES = ROOT.parent / "shared" / "data" / "studies"
_SAMPLE = ROOT / "sample_layers" / "north_sea.gpkg"
_PACKAGES = ("standort", "geopandas", "numpy", "pandas", "scikit-learn", "scipy", "shapely")
_COMPARED = {**CASES, **PEER_CASES}
_PEERS = sorted({package for case in PEER_CASES.values() for package in case.needs})
_ALL = (*_COMPARED, "command", "surface", "start", "many", "monte_carlo", "crowds")
_SMOKE = {"sites": 20_000, "points": 2_000, "repeat": 1, "most_sites": 9_000, "chunk_sites": 4_000}
_SMOKE["most_crowded"] = 8_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the options ask for."""
    options = _parse(arguments)
    if options.alone:
        print(json.dumps(_alone(options)))
        return 0
    out = options.out or ROOT / "benchmarks" / "results" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    report: dict[str, Any] = {"machine": _machine(options), "cases": {}}
    for key, value in report["machine"].items():
        print(f"{key}: {value}")
    for name in options.only:
        lacking = _lacking(name, options)
        if lacking:
            print(f"\n{name}: left out, for want of {lacking}", flush=True)
            continue
        report["cases"][name] = case = _case(name, options)
        # as they come: a full run takes long, and may be stopped
        out.write_text(json.dumps(report, indent=2) + "\n")
        print("\n".join(table(case)), flush=True)
    return 0


def _lacking(name: str, options: argparse.Namespace) -> str:
    """Say what a case needs that is not here; nothing if it can run."""
    needs = _COMPARED[name].needs if name in _COMPARED else ()
    missing = [package for package in needs if find_spec(package) is None]
    if missing:
        return f"{', '.join(missing)} (benchmarks/peers.txt)"
    return "the real studies" if name == "many" and not options.study_of_many.exists() else ""


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--sites", type=int, default=1_000_000)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each contender, in turn")
    parser.add_argument("--only", type=_names, default=_ALL, help=f"some of {','.join(_ALL)}")
    parser.add_argument("--most-sites", type=int, default=10_000_000, help="sites of case 'many'")
    parser.add_argument("--most-crowded", type=int, default=200_000, help="of case 'crowds'")
    parser.add_argument("--chunk-sites", type=int, default=262_144, help="as score_file takes it")
    parser.add_argument("--workers", type=int, default=1, help="as score_file takes it")
    parser.add_argument(
        "--study-of-many",
        type=Path,
        default=_STUDIES / "europe.gpkg",
        help="study whose pipelines and storage case 'many' takes",
    )
    parser.add_argument("--study", type=Path, help="study of the whole command")
    parser.add_argument("--small-study", type=Path, help="study for the time to start")
    parser.add_argument("--smoke", action="store_true", help="small, one run of each")
    parser.add_argument(
        "--memory",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="measure peak memory of each contender in a process of its own",
    )
    parser.add_argument("--out", type=Path, help="file of the figures (JSON)")
    # CASE:NUMBER of one contender to run alone, for its memory
    parser.add_argument("--alone", default="", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.smoke:
        vars(options).update(_SMOKE)
    _default_studies(options)
    return options


def _default_studies(options: argparse.Namespace) -> None:
    """Take the real studies where they are at hand, else (and to smoke) the sample."""
    real = _STUDIES.is_dir() and not options.smoke
    if options.study is None:
        options.study = _STUDIES / "europe.gpkg" if real else _SAMPLE
    if options.small_study is None:
        options.small_study = _STUDIES / "great_britain.gpkg" if real else _SAMPLE


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    unknown = sorted(set(names) - set(_ALL))
    if unknown:
        msg = f"expected some of {', '.join(_ALL)}, got {', '.join(unknown)}"
        raise argparse.ArgumentTypeError(msg)
    return names


def _case(name: str, options: argparse.Namespace) -> dict[str, Any]:
    if name == "command":
        runs, memory, agreement = compare_command(
            options.study, options.repeat, memory=options.memory
        )
        title = f"Whole command, {options.study.name}"
        return _record(title, runs, target=1.0, memory=memory, agreement=agreement)
    if name == "surface":
        runs, memory, figures = time_surface(
            options.small_study, options.repeat, smoke=options.smoke, memory=options.memory
        )
        title = f"Surface, {options.small_study.name}"
        return _record(title, runs, memory=memory, agreement=figures)
    if name == "monte_carlo":
        runs, memory, figures = time_draws(
            options.study, options.repeat, smoke=options.smoke, memory=options.memory
        )
        return _record("Monte Carlo", runs, memory=memory, agreement=figures)
    if name == "start":
        runs, figures = time_start(options.small_study, options.repeat)
        title = "Start (targets: --help 0.4 s; study at most 2.5 times the libraries alone)"
        return {**_record(title, runs, agreement=figures), "compared": False}
    if name in {"many", "crowds"}:
        return _many(options) if name == "many" else _crowds(options)
    places = generate(options.sites, options.points, together=_COMPARED[name].together)
    return _compare(name, places, options)


def _crowds(options: argparse.Namespace) -> dict[str, Any]:
    runs, memory, figures = time_crowds(options.most_crowded)
    return {**_record("Crowds", runs, memory=memory, agreement=figures), "compared": False}


def _many(options: argparse.Namespace) -> dict[str, Any]:
    runs, memory, figures = grow(
        options.most_sites,
        options.points,
        options.study_of_many,
        chunk_sites=options.chunk_sites,
        workers=options.workers,
    )
    title = f"Eight criteria, chunks of {options.chunk_sites:,}, workers: {options.workers}"
    return _record(title, runs, memory=memory, agreement=figures)


def _compare(name: str, places: Places, options: argparse.Namespace) -> dict[str, Any]:
    """Run the contenders in turn, so that a busy machine troubles all of them alike."""
    case = _COMPARED[name]
    works = {one.name: one.prepare(places) for one in case.contenders}
    runs: dict[str, list[Run]] = {contender: [] for contender in works}
    answers: dict[str, Any] = {}
    for _ in range(options.repeat):
        for contender, work in works.items():
            run, answers[contender] = timed(work)
            runs[contender].append(run)
    checked = {one.name: timed(one.prepare(places)) for one in case.oracles}
    agreement = case.agreement(places, *answers.values(), *(a for _, a in checked.values()))
    memory = _memories(name, case, options) if options.memory else {}
    runs |= {oracle: [run] for oracle, (run, _) in checked.items()}
    oracles = tuple(checked)
    return _record(
        case.title, runs, target=case.target, memory=memory, agreement=agreement, oracles=oracles
    )


def _memories(name: str, case: Case, options: argparse.Namespace) -> dict[str, float]:
    size = ["--sites", str(options.sites), "--points", str(options.points)]
    return {
        one.name: in_fresh_process([*size, "--alone", f"{name}:{number}"])["peak_gib"]
        for number, one in enumerate(case.contenders)
    }


def _alone(options: argparse.Namespace) -> dict[str, float]:
    """Run one contender of one case once, and give the peak memory of this process."""
    name, number = options.alone.split(":")
    case = _COMPARED[name]
    work = case.contenders[int(number)].prepare(
        generate(options.sites, options.points, together=case.together)
    )
    before = peak_memory_gib()
    timed(work)
    return {"before_gib": before, "peak_gib": peak_memory_gib()}


def _record(
    title: str,
    runs: Mapping[str, list[Run]],
    *,
    target: float | None = None,
    memory: Mapping[str, float] | None = None,
    agreement: Mapping[str, float] | None = None,
    oracles: Sequence[str] = (),
) -> dict[str, Any]:
    contenders = {
        name: {
            "runs": [asdict(run) for run in some],
            "wall_s": min(run.wall_s for run in some),
            "slowest_s": max(run.wall_s for run in some),
            "cpu_s": min(run.cpu_s for run in some),
            "peak_gib": (memory or {}).get(name),
            "oracle": name in oracles,
        }
        for name, some in runs.items()
    }
    return {
        "title": title,
        "target": target,
        "contenders": contenders,
        "agreement": dict(agreement or {}),
        "compared": bool(agreement),
        "load": os.getloadavg(),
    }


def _machine(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {package: version(package) for package in _PACKAGES},
        "peers": {name: version(name) for name in _PEERS if find_spec(name) is not None},
        "sites": options.sites,
        "points": options.points,
        "repeat": options.repeat,
    }


def table(case: Mapping[str, Any]) -> list[str]:
    """Lay a case out: a line per contender, ours first; ratios are peer / ours."""
    target = "" if case["target"] is None else f" (target: {case['target']:g} x)"
    columns = f"{'wall s':>16}{'cpu s':>8}{'GiB':>6}{'ratio':>7}{'cpu ratio':>11}"
    ours = next(iter(case["contenders"].values()))
    return [
        "",
        f"{case['title']}{target}; load {case['load'][0]:.1f}",
        f"  {'':44}{columns}",
        *(
            _line(name, one, ours if case["compared"] and one is not ours else None)
            for name, one in case["contenders"].items()
        ),
        *(f"    {name}: {value:.9g}" for name, value in case["agreement"].items()),
    ]


def _line(name: str, one: Mapping[str, Any], ours: Mapping[str, Any] | None) -> str:
    wall = f"{one['wall_s']:.2f} - {one['slowest_s']:.2f}"
    gib = "" if one["peak_gib"] is None else f"{one['peak_gib']:.2f}"
    line = f"  {name:44}{wall:>16}{one['cpu_s']:8.2f}{gib:>6}"
    if ours is None:
        return line
    return f"{line}{one['wall_s'] / ours['wall_s']:7.1f}{one['cpu_s'] / ours['cpu_s']:11.1f}"


if __name__ == "__main__":
    sys.exit(main())
