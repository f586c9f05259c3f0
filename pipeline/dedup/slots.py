"""Slots: weekdays, months and numbers in words, each with the words around it.

Items of one template may differ in such a word alone: *on Monday* and *on Thursday*. It tells them
apart only at the same place, so a slot is two words before and one behind, in which words of these
kinds count the same. Read ``slots_of`` first.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Ragged, lookup, offsets_of, starts_of_runs
from pipeline.text.tokens import hash_words, mix

WEEKDAYS = (
    "monday lundi lunes montag maandag lunedì segunda måndag mandag poniedziałek понедельник",
    "tuesday mardi martes dienstag dinsdag martedì terça tisdag tirsdag wtorek вторник",
    "wednesday mercredi miércoles mittwoch woensdag mercoledì quarta onsdag środę среду",
    "thursday jeudi jueves donnerstag donderdag giovedì quinta torsdag czwartek четверг",
    "friday vendredi viernes freitag vrijdag venerdì sexta fredag piątek пятницу",
    "saturday samedi sábado samstag zaterdag sabato lördag lørdag sobotę субботу",
    "sunday dimanche domingo sonntag zondag domenica söndag søndag niedzielę воскресенье",
)
MONTHS = (
    "january janvier enero januar januari gennaio janeiro stycznia января",
    "february février febrero februar februari febbraio fevereiro lutego февраля",
    "march mars marzo märz maart março marca марта",
    "april avril abril aprile kwietnia апреля",
    "may mai mayo mei maggio maio maj maja мая",
    "june juin junio juni giugno junho czerwca июня",
    "july juillet julio juli luglio julho lipca июля",
    "august août agosto augustus augusti sierpnia августа",
    "september septembre septiembre settembre setembro września сентября",
    "october octobre octubre oktober ottobre outubro października октября",
    "november novembre noviembre novembro listopada ноября",
    "december décembre diciembre dezember dicembre dezembro grudnia декабря",
)
NUMBERS = (
    "two deux dos zwei twee dois två dwa два",
    "three trois tres tre drei drie três trzy три",
    "four quatre cuatro vier quattro quatro fyra fire cztery четыре",
    "five cinq cinco fünf vijf cinque fem pięć пять",
    "six seis sechs zes sei sex seks sześć шесть",
    "seven sept siete sieben zeven sette sete sju syv siedem семь",
    "eight huit ocho acht otto oito åtta otte osiem восемь",
    "nine neuf nueve neun negen nove nio dziewięć девять",
    "ten dix diez zehn tien dieci dez tio dziesięć десять",
    "eleven onze elf undici elva elleve jedenaście",
    "twelve douze doce zwölf twaalf dodici doze tolv dwanaście",
    "fifteen quinze quince fünfzehn vijftien quindici femton",
    "twenty vingt veinte zwanzig twintig venti vinte tjugo tyve",
    "thirty trente treinta dreißig dertig trenta trinta trettio",
    "forty quarante cuarenta vierzig veertig quaranta quarenta",
    "fifty cinquante cincuenta fünfzig vijftig cinquanta cinquenta",
)
DAYS = tuple(map(str, range(1, 32)))
KINDS = ((WEEKDAYS, 2), (MONTHS, 1), (NUMBERS, 1), (DAYS, 31))
"""Words of one meaning per line, and how many steps apart two meanings differ. A copy that is
printed a day later may say so. Days of a month, which may be corrected, never differ: they only
count the same around others."""
_DAY = 3
_AROUND = np.array([-2, -1, 1])
_FACTORS = np.array([0xD1342543DE82EF95, 0x9E3779B97F4A7C15, 1], np.uint64)
_LOW = np.uint64(32)


class _Words(NamedTuple):
    """The words by ascending hash, the meaning of each, and which low 16 bits occur."""

    hashes: NDArray[np.uint64]
    meanings: NDArray[np.int64]
    maybe: NDArray[np.bool_]


@cache
def _words() -> _Words:
    lines = [line for lines, _ in KINDS for line in lines]
    meanings = {word: number for number, line in enumerate(lines) for word in line.split()}
    hashes = hash_words(list(meanings)).values
    maybe = np.zeros(1 << 16, np.bool_)
    maybe[hashes.astype(np.uint16)] = True
    order = np.argsort(hashes)
    return _Words(hashes[order], np.array([*meanings.values()])[order], maybe)


@cache
def _kinds() -> NDArray[np.int64]:
    """Return the kind of each meaning; -1 for the last, of all other words."""
    sizes = [len(lines) for lines, _ in KINDS]
    return np.append(np.repeat(np.arange(len(sizes)), sizes), -1)


@cache
def apart() -> NDArray[np.bool_]:
    """Tell which two meanings differ: bool[n, n]. Weekdays and days of a month go round."""
    kinds = _kinds()[:-1]
    found = np.zeros((len(kinds), len(kinds)), np.bool_)
    for kind, (lines, least) in enumerate(KINDS):
        own = np.flatnonzero(kinds == kind)
        steps = np.abs(own[:, np.newaxis] - own)
        found[np.ix_(own, own)] = np.minimum(steps, len(lines) - steps) >= least
    return found


def slots_of(words: Ragged) -> Ragged:
    """Find the slots of a block of hashed texts: 32 bits of the words around, then the meaning.

    Slots that a text fills in twice in different ways say nothing, and are left out.
    """
    known, kinds = _words(), _kinds()
    places = np.flatnonzero(known.maybe.take(words.values.astype(np.uint16)))
    owners = np.searchsorted(words.offsets, places, "right") - 1
    inside = (places > words.offsets[owners]) & (places + 1 < words.offsets[owners + 1])
    places, owners = places[inside], owners[inside]
    spot, found = lookup(known.hashes, words.values[places])
    places, owners, meanings = places[found], owners[found], known.meanings[spot[found]]
    around = words.values[places[:, np.newaxis] + _AROUND]
    around[places == words.offsets[owners] + 1, 0] = 0  # the word before is the first
    spot, found = lookup(known.hashes, around)
    near = kinds[np.where(found, known.meanings[spot], -1)]
    kept = kinds[meanings] != _DAY
    around = np.where(near >= 0, near.astype(np.uint64), around)
    keys = mix((around * _FACTORS).sum(axis=1, dtype=np.uint64)) >> _LOW
    return _unequivocal(owners[kept], keys[kept] << _LOW | meanings[kept].astype(np.uint64), words)


def _unequivocal(owners: NDArray[np.int64], slots: NDArray[np.uint64], words: Ragged) -> Ragged:
    """Sort the slots of each text; keep those with one meaning, once."""
    order = np.lexsort((slots, owners))
    owners, slots = owners[order], slots[order]
    distinct = starts_of_runs(slots, owners)
    owners, slots = owners[distinct], slots[distinct]
    first = starts_of_runs(slots >> _LOW, owners)
    alone = first & np.append(first[1:], True)[: len(first)]
    counts = np.bincount(owners[alone], minlength=len(words.offsets) - 1)
    return Ragged(slots[alone], offsets_of(counts))
