"""What stands above the parts of a recipe, as words of a whole line."""

from __future__ import annotations

RECIPE_HEADERS = frozenset(
    tuple(header.split())
    for header in (
        "ingredients|directions|instructions|method|for the dough|for the sauce|preparation|zutaten"
        "|zubereitung|ingrédients|préparation|ingredientes|preparación|elaboración|modo de preparo"
        "|ingredienti|preparazione|procedimento|ingrediënten|bereiding|bereidingswijze"
        "|ingredienser|gör så här|fremgangsmåte|sådan gør du|ainekset|składniki|przygotowanie"
        "|sposób przygotowania|ингредиенты|приготовление|способ приготовления|malzemeler|yapılışı"
        "|hozzávalók|elkészítés|bahan|cara membuat|nguyên liệu|材料|作り方|用料|做法|食材|재료"
    ).split("|")
)
"""Words of the headers of a recipe."""
