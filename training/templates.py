"""Items of one template, and copies of them: what the pair model must tell apart.

Fourteen kinds of forms (deaths, elections, forecasts, roadworks, ...), filled with invented names,
places, times and figures. Those of ``HELD_OUT`` are never trained on. A family is some items of
one kind; a copy of an item stands on another site, cut or edited, with lines of that site.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

TOWNS = (
    "Dorsk Harlen Brenkau Kellmouth Nordby Sandvik Tiefenau Eidsund Lornstadt Aldersund Ostrow "
    "Millbrook Ashton Velden Stenholt Marby Quillan Torrevale Hastrow Penwick Grimsel Oakhurst "
    "Lindau Farrow Kestwick Bramley Tolmin Vesby Aurich Redfield"
).split()
FIRST = (
    "Walter Eleanor Raymond Agnes Konrad Lydia Stefan Ottilie Ursula Dirk Ali Petra Karin Marta "
    "Olaf Ines Henrik Aino Bo Hanne Svein Lise Emil Paula Bruno Viktor Jakob Thomas Grace Owen "
    "Sofia Daniel Maria Peter Nora Felix Ruth Ivan Clara Hugo"
).split()
LAST = (
    "Lindner Dietz Hollis Weiss Moreau Quist Sorel Lund Feld Hansen Demir Lang Vogt Oldenkamp "
    "Renning Fallgren Dahl Retsla Lindqvist Moe Aasen Berg Koenig Aumann Brandeis Pruitt Okafor "
    "Marsh Keller Novak Doyle Santos Petrov Haas Reyes Tanaka Ekman Rossi Byrne Archer"
).split()
STREETS = (
    "Mill Lane|Castle Hill|Harbour Road|Station Street|Abbey Road|North Street|Linden Avenue|"
    "Quay Street|Tannery Road|Ring Road|Ferry Road|Shore Road|Weaver Street|Bridge Street|"
    "Garden Street|Slope Lane|Market Place|Church Row|Orchard Way|Foundry Lane"
).split("|")
FIRMS = (
    "Baltic Freight|Dunmore Foods|Helm Pharma|Orbis Telecom|Kestrel Steel|Norhaven Bank|Alta Paper|"
    "Corvin Motors|Selkirk Energy|Veritas Media|Polar Fish|Arden Textiles|Lumen Optics|Tarn Cement"
).split("|")
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November".split()
THINGS = {
    "pet": "a tabby cat|a terrier|a grey parrot|a young hound|a tortoise|a sheepdog|a rabbit",
    "look": "small and shy|brown with a torn ear|white with patches|old and deaf|thin and quick",
    "work": "a water main is replaced|the cobbles are relaid|tracks are welded|kerbs are lowered",
    "post": "librarian|crane operator|midwife|gardener|bus driver|nurse|accountant|electrician",
    "task": "advising readers|checking ropes|home visits|keeping the books|planting beds",
    "sky": "cloud and light rain|sunshine and high cloud|heavy showers|fog and drizzle|snow",
    "wind": "west|south-east|north|north-west|south|east",
    "dish": "smoked fish spread|cheese spread|almond biscuits|frozen spinach|chicken soup",
    "germ": "Listeria bacteria|pieces of glass|traces of nuts|Salmonella bacteria|metal splinters",
    "music": "string quartets|old songs of the coast|organ works|a cantata|dances for piano",
    "crime": "theft|fraud|assault|arson|smuggling|forgery",
    "house": "Family house|End-of-terrace house|Farmhouse|Flat|Bungalow|Town house",
}

FORMS: dict[str, str] = {
    "death": (
        "{first} {last}, {n90}, of {town}, passed away peacefully on {month} {n28} at {town2} "
        "Hospital, surrounded by family.\n\nBorn in {year} in {town3}, {first} was raised there and "
        "worked for {n40} years at {firm} before retiring to {town}. Survivors include a spouse, "
        "{first2}, and {n9} grandchildren.\n\nVisitation will be held on {day} from {n5} to {n8} p.m. "
        "at the funeral home on {street}. A service will follow at the parish church. In lieu of "
        "flowers, the family suggests donations to the hospice in {town2}, whose nurses cared for "
        "the family with kindness and patience during the last weeks."
    ),
    "election": (
        "{first} {last} has been elected to the county council for the district of {town}, taking "
        "{n4k} votes, or {pct} percent of those cast. {first2} {last2} came second with {n3k} votes, "
        "or {pct2} percent.\n\nTurnout was {pct3} percent, compared with {pct4} percent at the last "
        "election four years ago. {n90} ballots were declared invalid. The result was announced at "
        "{n12}.{n60} p.m. by the returning officer at the town hall.\n\nThe county council sits six "
        "times a year. It is responsible for roads, secondary schools and the county hospitals. The "
        "new council will meet for the first time in the second week of the coming month, when it "
        "will choose its chair from among its members."
    ),
    "forecast": (
        "Here is the forecast for {town} and the islands for {day}. {sky} in the morning, with wind "
        "from the {wind} reaching {n60} kilometres an hour on the headlands. Temperatures rise to "
        "between {n9} and {n28} degrees by the middle of the afternoon.\n\nInland it will be mostly "
        "dry, and the valleys may see patches of fog after dark. The temperature of the sea is {n12} "
        "degrees. Sunrise is at {n8}.{n60} and sunset at {n12}.{n59}.\n\nHigh water at the town quay "
        "is expected at {n5}.{n58}, with a height of {n9}.{n8} metres. Small boats are advised to "
        "keep clear of the sound. The outlook for the following two days is changeable."
    ),
    "roadworks": (
        "Roadworks: {street} in {town} will be closed between the church and the school from {day} "
        "while {work}. A diversion by way of {street2} is signposted. Buses do not stop at {street3} "
        "during this time. The council apologises for any inconvenience and asks drivers to allow "
        "more time for their journey."
    ),
    "pet": (
        "Lost in {town}: {pet}, answering to the name of {first}, missing since {day} evening from "
        "{street}, {look}.\n\nIf you have seen {first}, please call the animal shelter, which passes "
        "messages on to the owners at any hour, or leave a note with the police. Please look into "
        "cellars, garages and garden sheds, where frightened animals often hide, and do not try to "
        "catch the animal yourself but keep an eye on where it goes. A reward is offered. Animals "
        "that have been found can be handed in at the shelter free of charge. The shelter reminds "
        "owners to have their animals chipped and registered."
    ),
    "estate": (
        "Notice is hereby given that {first} {last}, late of {street} in {town}, has died and that "
        "{first2} {last}, of {town2}, has been appointed executor of the estate by the probate court "
        "for the county of Harlen.\n\nAll persons who have claims against the estate are asked to "
        "submit them in writing, with copies of the documents on which they rely, to the executor or "
        "to the office of {last2} and Partners within three months of the first publication of this "
        "notice. Claims that are submitted later may be left out of account when the estate is "
        "distributed, as provided by section 214 of the Succession Act.\n\nAll persons who owe money "
        "to the estate are asked to pay it to the executor without delay. Whoever holds papers or "
        "objects of the deceased is asked to hand them over against receipt."
    ),
    "market": (
        "Shares on the {town} stock exchange closed mixed on {day} as investors weighed company "
        "results against the outlook for interest rates. The leading index, which tracks the thirty "
        "largest companies, moved {pct5} percent to finish at {n4k}.{n9} points.\n\nTurnover came to "
        "{n9}.{n8} billion, compared with a daily average of {n5}.{n9} billion over the past month. Of "
        "the thirty shares in the index, {n28} rose.\n\nThe biggest gain was made by {firm}, whose "
        "shares advanced {pct6} percent. {firm2} was at the bottom of the table with a loss of "
        "{pct5} percent.\n\nA barrel of North Sea oil cost {n90}.{n60} dollars. Dealers said that "
        "trading was quiet and that many investors were waiting for the central bank."
    ),
    "court": (
        "The district court in {town} has sentenced a {n60}-year-old man from {town2} to {n28} months "
        "in prison for {crime}. Judge {last} said on {day} that the court had no doubt about the "
        "guilt of the accused, who had denied the charge.\n\nAccording to the prosecution, he had "
        "acted in {month} of last year near {street} and caused damage of {n4k} crowns. Four "
        "witnesses were heard. His lawyer, {first} {last2}, had asked for an acquittal and said that "
        "an appeal would be considered.\n\nThe sentence can be appealed within two weeks. Until it "
        "is final, the accused remains at liberty on condition that he reports to the police once a "
        "week and does not leave the county without permission."
    ),
    "quake": (
        "An earthquake of magnitude {n5}.{n9} shook the area around {town} on {day}, the seismological "
        "service said. The tremor was registered at {n12}.{n59} local time at a depth of {n60} "
        "kilometres, with its centre {n90} kilometres {wind} of {town2}.\n\nThere were no immediate "
        "reports of casualties or serious damage. Residents said that windows rattled and lamps swung "
        "for several seconds. The fire brigade in {town2} received {n40} calls.\n\nThe region lies on "
        "a boundary between two plates and is shaken several times a year, mostly without effect. "
        "The service asked people who felt the tremor to report it on its website and warned that "
        "weaker aftershocks were possible over the coming days."
    ),
    "earnings": (
        "{firm} said on {day} that its net profit for the quarter rose to {n90}.{n9} million crowns "
        "from {n60}.{n8} million a year earlier. Revenue came to {n4k} million, and the margin was "
        "{pct6} percent.\n\nChief executive {first} {last} called the result solid and said that "
        "orders from {town} had helped. The company, which employs {n3k} people, keeps its outlook "
        "for the full year and will propose a dividend of {n9}.{n60} a share.\n\nAnalysts had expected "
        "slightly less. The shares were little changed in early trading. The report has not been "
        "audited, and the company points out that statements about the future are subject to risks "
        "that it cannot control."
    ),
    "sale": (
        "For sale: {house} in {town} with {n9} rooms and {n200} square metres of living space on a "
        "plot of {n4k} square metres. The house was built in {year} and has been renovated several "
        "times since.\n\nOn the ground floor there is a fitted kitchen, a living room and a small "
        "study. Upstairs there are bedrooms and a bathroom with daylight. The cellar is dry and has a "
        "laundry room and space for bicycles. Schools, doctors and shops can be reached on foot.\n\n"
        "The asking price is {n200},000. Viewings are by appointment with {first} {last} on weekdays "
        "in the evening and on Saturday mornings. A commission is payable by the buyer on conclusion "
        "of the contract. All details are supplied by the owner and are without guarantee."
    ),
    "vacancy": (
        "The municipality of {town} is looking for a {post} to start on the first of {month}. The "
        "position is permanent, and is paid according to grade {n12} of the public scale.\n\nYour "
        "tasks: {task} and whatever else the day brings. You report to {last} and work in a team of "
        "{n28} colleagues.\n\nWe expect some experience. A driving licence is an advantage. You should "
        "be able to express yourself clearly in speech and in writing and be willing to work at "
        "weekends from time to time.\n\nWe offer thirty days of leave, a contribution to local "
        "transport, a pension scheme and regular training. People with disabilities are given "
        "preference if equally qualified. Please send your application with the usual documents by "
        "{n28} {month}. Costs of the application cannot be reimbursed."
    ),
    "recall": (
        "{firm} is recalling {dish} because it may contain {germ}. Affected are packs of {n200} grams "
        "with the lot number {n4k} and a best-before date of {n28} {month}, which were sold in shops "
        "in {town} and {town2}.\n\nCustomers are asked not to eat the product and to return it to the "
        "shop, where the price is refunded without a receipt. Other products of the company are not "
        "affected. The authority for food safety has been informed and is supervising the recall.\n\n"
        "Whoever feels unwell after eating it should see a doctor and mention the product. The "
        "company apologises and has set up a number for questions, which is answered on weekdays "
        "during office hours."
    ),
    "concert": (
        "{first} {last} and friends play {music} at the town hall in {town} on {day}, {n28} {month}, "
        "at {n8}.30 p.m. Doors open half an hour before.\n\nThe ensemble from {town2} was founded in "
        "{year} and has given {n200} concerts since. Tickets cost {n28} crowns and can be bought at the "
        "bookshop on {street} and at the door; pupils and students pay half.\n\nThe evening is part of "
        "a series that the society of friends of music organises with the support of the county. The "
        "hall can be reached without steps. During the interval, drinks are served in the foyer, "
        "where the musicians will be glad to answer questions after the concert."
    ),
}
HELD_OUT = ("estate", "quake", "roadworks", "court", "sale", "recall", "election")
TRAINED = tuple(kind for kind in FORMS if kind not in HELD_OUT)

TIMES: dict[str, Callable[[int], datetime | None]] = {
    "same minute": lambda _: datetime(2026, 3, 2, 6, 0, tzinfo=timezone.utc),
    "undated": lambda _: None,
    "a minute apart": lambda n: datetime(2026, 3, 2, 6, n, tzinfo=timezone.utc),
    "a day apart": lambda n: datetime(2026, 3, 2, 6, tzinfo=timezone.utc) + timedelta(days=n),
}
"""How the items of a family are dated, by their number."""


def fill(kind: str, dice: random.Random) -> str:
    """Fill the form of *kind* with what *dice* chooses."""
    towns, streets = dice.sample(TOWNS, 3), dice.sample(STREETS, 3)
    first, last, firms = dice.sample(FIRST, 2), dice.sample(LAST, 2), dice.sample(FIRMS, 2)
    values: dict[str, object] = {
        name: dice.choice(each.split("|")) for name, each in THINGS.items()
    }
    for name, several in (
        ("town", towns), ("street", streets), ("first", first), ("last", last), ("firm", firms),
    ):  # fmt: skip
        values |= {
            f"{name}{number}": each for number, each in zip(("", 2, 3), several, strict=False)
        }
    most = (5, 8, 9, 12, 28, 40, 58, 59, 60, 90, 200)
    values |= {f"n{each}": dice.randint(max(1, each // 4), each) for each in most}
    values |= {"n3k": f"{dice.randint(1100, 3900):,}", "n4k": f"{dice.randint(1100, 4900):,}"}
    values |= {f"pct{n or ''}": f"{dice.randint(2, 60)}.{dice.randint(0, 9)}" for n in (0, 2, 3, 4)}
    values |= {f"pct{n}": f"{dice.randint(0, 9)}.{dice.randint(1, 9)}" for n in (5, 6)}
    values |= {"day": dice.choice(DAYS), "month": dice.choice(MONTHS)}
    return FORMS[kind].format(**values, year=dice.randint(1935, 2015))


def copied(text: str, dice: random.Random) -> str:
    """Copy an item for another site: as it is, cut, edited, or between lines of that site."""
    how = dice.choice(("same", "cut", "edited", "framed", "framed"))
    sentences = text.split(". ")
    if how == "cut" and len(text.split()) > 90:
        return ". ".join(sentences[: max(len(sentences) * 7 // 10, 3)]) + "."
    if how == "edited":
        swaps = {" has ": " had ", " will ": " would ", " is ": " was ", "percent": "per cent"}
        for old, new in dice.sample(sorted(swaps.items()), 2):
            text = text.replace(old, new, 2)
        dropped = dice.randrange(1, len(sentences) - 1)
        return text.replace(sentences[dropped] + ". ", "", 1)
    if how == "framed":
        words = dice.sample(
            "our readers can find more about this and other topics below".split(), 9
        )
        return f"{text}\n\nWith reports from {dice.choice(TOWNS)}, {' '.join(words)}."
    return text


def families(
    kinds: tuple[str, ...],
    seed: int,
    copies: float = 0.3,
    sizes: tuple[int, ...] = (2, 3, 5, 8, 20),
) -> list[dict[str, Any]]:
    """Make records of families of each kind, size and way of dating, with copies of some items.

    Returns:
        Records as in a JSONL file, with further fields: ``family``, and ``item``, equal for
        copies of one item alone.
    """
    dice = random.Random(seed)
    records: list[dict[str, Any]] = []
    for kind in kinds:
        for size in sizes:
            for way, dated in TIMES.items():
                family = f"{kind}-{size}-{way}".replace(" ", "-")
                for number in range(size):
                    text, name = fill(kind, dice), f"{family}-{number}"
                    sites = ["news", "wire"] if dice.random() < copies else ["news"]
                    for site in sites:
                        own = text if site == "news" else copied(text, dice)
                        published = dated(number)
                        if published and site != "news":
                            published += timedelta(minutes=dice.choice((0, 4, 50, 300)))
                        records.append(
                            {
                                "id": f"{name}-{site}",
                                "url": f"https://{site}-{family}.example/{number}",
                                "date_published": published and published.isoformat(),
                                "text": own,
                                "family": family,
                                "item": name,
                            }
                        )
    return records
