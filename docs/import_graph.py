"""Which module imports which, read from the source of both packages: what the picture of the house is drawn from.

Every import counts: those inside functions and those for type checking only are seen like any other.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"pemr_desktop": ROOT / "pemr_desktop", "pemr": ROOT / "training" / "pemr"}

Imports = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Layers:
    """The order of what lies in one package, highest line first; names in a line stand side by side."""

    package: str
    lines: tuple[tuple[str, ...], ...]

    def line_of(self, name: str) -> int | None:
        """The line of a package or module by its own name, 0 the highest; None when it has not been given one."""
        return next((number for number, line in enumerate(self.lines) if name in line), None)


def read_imports(packages: Mapping[str, Path] = PACKAGES, *, types: bool = True) -> dict[str, frozenset[str]]:
    """Module -> the modules of these packages that it imports; without `types` only what is loaded sooner or later."""
    files = {module: path for name, folder in packages.items() for module, path in _modules(name, folder)}
    return {module: frozenset(_imported(module, path, files, types)) - {module} for module, path in files.items()}


def read_layers(project: Path = ROOT / "pyproject.toml") -> list[Layers]:
    """The orders that import-linter holds us to."""
    contracts = tomllib.loads(project.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    return [
        Layers(package, tuple(tuple(name.strip() for name in line.split("|")) for line in contract["layers"]))
        for contract in contracts
        if contract["type"] == "layers"
        for package in contract["containers"]
    ]


def children(modules: Mapping[str, object], package: str) -> list[str]:
    """The names of what lies directly in a package: its modules and its packages."""
    return sorted({module[len(package) + 1 :].split(".")[0] for module in modules if module.startswith(f"{package}.")})


def imports_between(imports: Imports, package: str) -> dict[tuple[str, str], int]:
    """(importer, imported) -> how many imports, between what lies directly in a package."""
    found: dict[tuple[str, str], int] = {}
    names = {module: module[len(package) + 1 :].split(".")[0] for module in imports if module.startswith(f"{package}.")}
    for module, importer in names.items():
        for target in imports[module]:
            if target in names and names[target] != importer:
                found[importer, names[target]] = found.get((importer, names[target]), 0) + 1
    return found


def upward_imports(imports: Imports, layers: Layers) -> list[tuple[str, str]]:
    """Imports in a package that do not lead to a lower line."""
    lines = {name: layers.line_of(name) for name in children(imports, layers.package)}

    def falls(importer: str, imported: str) -> bool:
        high, low = lines[importer], lines[imported]
        return high is not None and low is not None and high < low

    return [pair for pair in imports_between(imports, layers.package) if not falls(*pair)]


def circles(imports: Imports) -> list[list[str]]:
    """Modules that import one another, directly or through others: the strongly connected components (Tarjan 1972)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        number[module] = lowest[module] = len(number)
        open_.append(module)
        for target in imports[module]:
            if target not in number:
                visit(target)
                lowest[module] = min(lowest[module], lowest[target])
            elif target in open_:
                lowest[module] = min(lowest[module], number[target])
        if lowest[module] == number[module]:
            circle = open_[open_.index(module) :]
            del open_[-len(circle) :]
            if len(circle) > 1:
                found.append(sorted(circle))

    for module in imports:
        if module not in number:
            visit(module)
    return found


def _modules(package: str, folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        yield ".".join((package, *(parts[:-1] if parts[-1] == "__init__" else parts))), path


def _imported(module: str, path: Path, files: Mapping[str, Path], types: bool) -> Iterator[str]:
    """The modules among `files` that one file imports; `from package import name` may name one, too."""
    for node in _nodes(ast.parse(path.read_text("utf-8"), str(path)), types):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in files)
        elif isinstance(node, ast.ImportFrom):
            base = _base(module, path, node)
            for alias in node.names:
                target = f"{base}.{alias.name}"
                if target in files:
                    yield target
                elif base in files:
                    yield base


def _nodes(tree: ast.AST, types: bool) -> Iterator[ast.AST]:
    """Every node of a file, with or without what stands under `if TYPE_CHECKING:`."""
    for node in ast.iter_child_nodes(tree):
        if types or not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from _nodes(node, types)


def _base(module: str, path: Path, node: ast.ImportFrom) -> str:
    """The package that `from … import` names, absolute."""
    if not node.level:
        return node.module or ""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    return ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])
