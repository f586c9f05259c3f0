"""What is counted about a pair, and what the model makes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.evidence import PARTS, UNKNOWN, Sketch, compare, compare_each
from pipeline.dedup.model import WEIGHTS, inputs, probabilities
from pipeline.dedup.particulars import particulars_block
from pipeline.dedup.shingles import keys_of, shingle_and_sample

STORY = [f"w{n}" for n in range(600)]
OTHER = [f"v{n}" for n in range(600)]


def sketch(words, *, numbers="", minute=UNKNOWN, minutes=0, common=()):
    """Make the sketch of a text of these words, the keys in *common* not rare."""
    _, samples = shingle_and_sample([" ".join(words)], 4)
    rare = ~np.isin(keys_of(samples.values), np.array(common, np.uint32))
    figures, names = (each.values for each in particulars_block([numbers]))
    places = int(samples.positions[0])
    slots = samples.slots.values
    return Sketch(samples.values, rare, figures, names, places, minute, minutes, slots)


def parts_of(one, other):
    """Compare two sketches: part → value."""
    return dict(zip(PARTS, compare(one, [other])[0].tolist(), strict=True))


def chance(one, other):
    """Say how likely two sketches are copies."""
    return float(probabilities(compare(one, [other]))[0])


def test_a_cut_copy_is_contained_whole():
    """All of the shorter is found; of the longer only the lead."""
    found = parts_of(sketch(STORY), sketch(STORY[:200]))

    assert (1.0, 1.0) == (found["contained"], found["coverage"])
    assert found["rare"] == found["rare_shared"] > 30
    assert 1 == pytest.approx(found["lead"])
    assert found["longer_lead"] > 0.95
    assert 197 / 597 == found["length"]


def test_a_shared_tail_leaves_the_other_half_and_the_leads_bare():
    """A follow-up that repeats the background: half covered, and the weaker half is not."""
    found = parts_of(sketch(STORY), sketch(OTHER[:300] + STORY[300:]))

    assert 0.4 < found["contained"] < 0.6
    assert 0.5 == found["coverage"]
    assert found["weaker_half"] < 0.05
    assert found["lead"] < 0.05
    assert found["longer_lead"] < 0.05


def test_common_shingles_do_not_count_as_rare():
    """What occurs everywhere is shared, but no evidence."""
    chrome = STORY[:100]
    known = keys_of(sketch(chrome).samples)
    found = parts_of(
        sketch(chrome + OTHER[:300], common=known), sketch(chrome + OTHER[300:], common=known)
    )

    assert 0 == found["rare_shared"]
    assert found["contained"] > 0.2


def test_figures_of_the_shorter_are_looked_up_in_the_longer():
    """Two of three; more figures in the longer do no harm."""
    short = sketch(STORY[:100], numbers="3 of 40, 17")
    long = sketch(STORY, numbers="3 of 41, 17, 99, 100")

    for found in (parts_of(short, long), parts_of(long, short)):
        assert (2, 3) == (found["figures_shared"], found["figures"])
        assert len(long.figures) == found["longer_figures"]


def test_hours_apart_are_unknown_when_a_date_is():
    """Unknown is not zero."""
    assert 2.5 == parts_of(sketch(STORY, minute=60), sketch(STORY, minute=210))["hours_apart"]
    assert np.isnan(parts_of(sketch(STORY, minute=60), sketch(STORY))["hours_apart"])


def test_texts_without_samples_have_nothing_in_common():
    """No division by zero, and no copy."""
    found = compare(sketch([]), [sketch([]), sketch(STORY)])

    assert not found[:, PARTS.index("contained")].any()
    assert (probabilities(found) < 0.5).all()


TEXTS = st.tuples(st.integers(0, 500), st.integers(5, 99)).map(lambda p: STORY[p[0] : sum(p)])


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=4))
def test_many_are_compared_as_one_by_one(one, many):
    """Comparing in bulk changes nothing; shares are shares."""
    sketches = [sketch(each) for each in many]
    found = compare(sketch(one), sketches)

    for row, each in zip(found, sketches, strict=True):
        np.testing.assert_array_equal(compare(sketch(one), [each])[0], row)
    shares = found[:, [PARTS.index(part) for part in ("contained", "coverage", "lead", "length")]]
    assert ((shares >= 0) & (shares <= 1)).all()


def test_the_model_knows_copies_from_strangers():
    """Same, cut and slightly changed texts are copies; a shared tail or new figures are not."""
    edited = [w if n % 12 else f"x{n}" for n, w in enumerate(STORY)]
    some = "1 22 333 4,444 55 66 77 88 99"

    assert chance(sketch(STORY), sketch(STORY[:200])) > 0.9
    assert chance(sketch(STORY), sketch(edited)) > 0.5
    assert chance(sketch(STORY), sketch(OTHER)) < 0.05
    assert 0 == chance(sketch(STORY), sketch(OTHER[:300] + STORY[300:]))
    assert 0 == chance(sketch(STORY), sketch(STORY[:300] + OTHER[:300]))
    weekly = [w if n % 5 else f"x{n}" for n, w in enumerate(STORY)]
    assert 0 == chance(sketch(STORY, numbers=some), sketch(weekly, numbers="2 3 5 7 11 13"))
    assert 0 == chance(
        sketch(STORY, numbers="late of Mill Lane in Dorsk"),
        sketch(edited, numbers="late of Ferry Road in Harlen"),
    )


@pytest.mark.parametrize(
    ("names", "copies"),
    [
        ("of Arden, of Venn, of Riva, of Dorn", True),
        ("of Arden, of Venn, of Riva, of Hallin", True),
        ("of Arden, of Venn, of Lastra, of Hallin", False),
        ("of Arden, of Oden, of Lastra, of Hallin", False),
    ],
)
def test_with_half_of_the_names_a_text_is_another_item(names, copies):
    """Whatever wording they share, from two missing names on."""
    edited = [w if n % 20 else f"x{n}" for n, w in enumerate(STORY)]
    found = chance(
        sketch(STORY, numbers="of Arden, of Venn, of Riva, of Dorn"), sketch(edited, numbers=names)
    )

    assert copies == (found > 0.5)
    assert copies or found == 0


def test_a_text_without_names_does_not_differ_in_them():
    """Printed in capitals, or in small letters alone, a copy is a copy."""
    text = (
        "On Monday the council of Arden met Clara Voss and Jo Li at Mill Street near the old river."
    )
    told = sketch(STORY, numbers=text)
    assert len(told.names) > 4
    for other in (text.upper(), text.lower()):
        assert not len(sketch(STORY, numbers=other).names)
        assert chance(told, sketch(STORY, numbers=other)) > 0.5
        assert chance(sketch(STORY, numbers=other), told) > 0.5


def test_figures_that_the_longer_has_beyond_speak_against_a_copy():
    """A table of another week has all words, and most figures, of a shorter one."""
    shorter = sketch(STORY[:390], numbers="1 2 3 4 5 6")
    alike, other = (
        chance(shorter, sketch(STORY, numbers=numbers))
        for numbers in ("1 2 3 4 5 6", "1 2 3 4 5 70 80 90 100 110 120 130")
    )

    assert other < alike


LEADS = yaml.safe_load((Path(__file__).parents[1] / "cases" / "leads.yaml").read_text("utf-8"))


def under_other_leads(kind):
    """Chances that the stories of the cases and their middles under other leads are copies."""
    for case in LEADS:
        story = "\n\n".join(case["story"])
        for paragraphs in case[kind]:
            told = (case["story"][each] if isinstance(each, int) else each for each in paragraphs)
            pair = (story, "\n\n".join(told))
            yield chance(*(sketch(text.split(), numbers=text) for text in pair))


def test_a_lead_without_news_leaves_a_copy_a_copy():
    """Most of an agency's story under a local introduction: readers want one of them."""
    found = list(under_other_leads("copies"))

    assert 10 == len(found)
    assert min(found) > 0.5


@pytest.mark.parametrize("words", [400, 500, 600])
@pytest.mark.parametrize("lead", [30, 45, 60])
def test_a_rewritten_first_paragraph_leaves_a_copy_a_copy(words, lead):
    """All the rest of both is the same, also where no name says that it is no news."""
    story = sketch(STORY[:words])

    assert chance(story, sketch(OTHER[:lead] + STORY[lead:words])) > 0.5
    assert chance(story, sketch(OTHER[:lead] + STORY[lead : words - 15])) > 0.5


@pytest.mark.parametrize("words", [300, 450, 600])
@pytest.mark.parametrize("news", [0.5, 0.6])
def test_news_above_half_of_a_story_is_a_follow_up(words, news):
    """Also where no name says that it is news."""
    own, kept = int(words * news), int(words * (1 - news))
    other = sketch(OTHER[:own] + STORY[60 : 60 + kept])

    assert chance(sketch(STORY[:words]), other) < 0.5


@pytest.mark.parametrize(("words", "copies"), [(600, True), (500, True), (120, False), (70, False)])
def test_figures_that_differ_tell_reports_apart_where_they_are_dense(words, copies):
    """Six of eight in a page of prose were corrected; in a paragraph they are the report."""
    some, others = "10 20 30 40 50 60 70 80", "11 21 31 41 51 61 70 80"
    names = "".join(
        f", of {name}" for name in "Arden Venn Riva Dorn Hallin Lastra Moor Tolm".split()
    )
    one, other = (sketch(STORY[:words], numbers=each + names) for each in (some, others))

    assert copies == (chance(one, other) > 0.5)


@pytest.mark.parametrize(("words", "figures"), [(80, 6), (150, 12), (300, 20)])
def test_reports_of_one_office_are_told_apart_by_their_figures(words, figures):
    """All else is the same, month after month, names too."""
    names = ", of Arden, of Venn, of Riva, of Dorn, of Hallin, of Lastra, of Moor, of Tolm"
    month, next_month = (
        sketch(
            [w if n % (words // figures) else f"{w}{own}" for n, w in enumerate(STORY[:words])],
            numbers=" ".join(str(10 * n + own) for n in range(1, figures + 1)) + names,
        )
        for own in (1, 2)
    )

    assert chance(month, next_month) < 0.4


def test_a_bad_scan_is_found_badly_in_both_halves():
    """A fifth of each is no half that is missing."""
    scan = [w if n % 7 or n > 520 else f"x{n}" for n, w in enumerate(STORY)]
    torn = [w if n % 7 and n < 300 else f"x{n}" for n, w in enumerate(STORY)]
    names = "of Arden, of Venn, of Riva, of Dorn, of Hallin, of Lastra, of Moor, of Tolm"
    story = sketch(STORY, numbers=names)

    assert chance(story, sketch(scan, numbers=names)) > 0.5
    assert 0 == chance(story, sketch(torn, numbers=names))


def test_news_above_the_middle_of_a_story_is_a_follow_up():
    """It tells who did what now, with names and figures that the first story has not."""
    found = list(under_other_leads("followups"))

    assert 10 == len(found)
    assert max(found) < 0.05


def test_a_lead_of_its_own_is_news_where_nothing_has_capitals():
    """Then nobody knows which names are new, and the text stays."""
    story, other = STORY[:250], OTHER[:50] + STORY[50:150]
    without, with_names = (
        chance(sketch(story, numbers=names), sketch(other, numbers=names))
        for names in ("", "In the afternoon she met Petra Holm in Old Marrow, as we were told.")
    )

    assert without < with_names


def test_each_input_has_a_weight_of_the_expected_sign():
    """Shared rare shingles, coverage and figures speak for a copy; time apart against it."""
    assert list(inputs(np.zeros((1, len(PARTS))))) == list(WEIGHTS)
    assert min(WEIGHTS[name] for name in ("rare_shared", "figures", "names")) > 0
    assert min(WEIGHTS[name] for name in ("coverage", "weaker_half", "longer_lead")) > 0
    assert max(WEIGHTS[name] for name in WEIGHTS if name.endswith(("behind", "missing"))) < 0
    assert WEIGHTS["hours_apart"] < 0


@pytest.mark.parametrize(
    ("one", "other", "hours"),
    [
        ((0, 1439), (1290, 0), 0.0),
        ((0, 1439), (0, 1439), 0.0),
        ((0, 1439), (1440, 1439), 1 / 60),
        ((0, 1439), (2879, 0), 24.0),
        ((0, 0), (1, 0), 1 / 60),
        ((UNKNOWN, 0), (1, 0), None),
    ],
    ids=["day and time of it", "same day", "next day", "a day later", "a minute", "unknown"],
)
def test_a_day_is_no_midnight(one, other, hours):
    """Where only the day is known, the time between is the least that it can be."""
    pair = [sketch(STORY, minute=minute, minutes=more) for minute, more in (one, other)]
    found = [parts_of(*each)["hours_apart"] for each in (pair, pair[::-1])]

    assert [hours] * 2 == [None if np.isnan(each) else pytest.approx(each) for each in found]


def test_a_minute_is_no_evidence():
    """Published at one time, or a minute apart, or undated: hardly a difference."""
    copy = sketch(STORY[:300])
    chances = [chance(copy, sketch(STORY[:280], minute=minute)) for minute in (UNKNOWN, 0, 1)]

    assert max(chances) - min(chances) < 0.02


def test_a_week_apart_is_far_enough():
    """An archive's copy of a year later is no less a copy than one of a week later."""
    row = compare(sketch(STORY, minute=0), [sketch(STORY, minute=60 * h) for h in (168, 8760)])

    assert all(one == other for one, other in inputs(row).values())


def test_pairs_compared_together_are_as_if_compared_alone():
    """Neither the parts nor the probability of a pair depend on its company, to the bit."""
    texts = [STORY, STORY[:200], OTHER[:300] + STORY[300:], OTHER, [], ["w1"]]
    sketches = [sketch(words, numbers=f"{len(words)} 7") for words in texts]
    alone = [compare(one, [other]) for one in sketches for other in sketches]
    many = [other for _ in sketches for other in sketches]
    together = compare_each(sketches, [len(sketches)] * len(sketches), many)

    assert np.array_equal(np.concatenate(alone), together, equal_nan=True)
    chances = [float(probabilities(parts)[0]) for parts in alone]
    assert chances == probabilities(together).tolist()
