"""`pemr-train recipes`: what experiments there are."""

import typer
from rich.console import Console
from rich.table import Table

from pemr.recipe import available_recipes, load_recipe


def register(app: typer.Typer) -> None:
    app.command("recipes")(show)


def show() -> None:
    """List the recipes that come with pemr-train."""
    table = Table("recipe", "method", "what it is")
    for name in available_recipes():
        recipe = load_recipe(name)
        table.add_row(name, recipe.method, recipe.description)
    Console().print(table)
