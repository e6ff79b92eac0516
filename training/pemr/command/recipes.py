"""`pemr-train recipes`: what experiments there are."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from pemr.recipe import available_recipes, load_recipe


def register(app: typer.Typer) -> None:
    app.command("recipes")(show)


def show(
    as_json: Annotated[bool, typer.Option("--json", help="Every setting of every recipe, as JSON.")] = False,
) -> None:
    """List the recipes that come with pemr-train."""
    if as_json:
        print(msgspec.json.encode([load_recipe(name) for name in available_recipes()]).decode())
        return
    table = Table("recipe", "method", "what it is")
    for name in available_recipes():
        recipe = load_recipe(name)
        table.add_row(name, recipe.method, recipe.description)
    Console().print(table)
