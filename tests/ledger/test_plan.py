"""Files → a frozen plan: what is new, in blocks, under a name of its own."""

from __future__ import annotations

import itertools
import json
import os
import re
import threading
import time
from datetime import date
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import strategies  # noqa: F401 - loads the profile
from hypothesis import given
from hypothesis import strategies as st

from pipeline.arrays import portions
from pipeline.config import Config
from pipeline.ledger import plan as planning
from pipeline.ledger.history import CommittedRun
from pipeline.ledger.index import SETTLED_NS, Digests, Index, input_digest
from pipeline.ledger.inputs import Inputs, find_inputs
from pipeline.ledger.plan import Past, Plan, find_interrupted, make_plan, read_plan
from pipeline.read.parts import Part
from pipeline.version import VERSION

DAY = date(2026, 1, 1)
PARENT = CommittedRun(Path("out/runs/r7"), "r7", 7, DAY)


@pytest.fixture
def raw(tmp_path):
    """A folder with three small texts."""
    for name in ("a.txt", "b.txt", "c/d.txt"):
        path = tmp_path / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Story {name}.")
    return tmp_path / "raw"


def planned(raw: Path, seen=(), parent=None, day=DAY, **settings) -> Plan:
    """The plan for a folder; settings by section."""
    config = Config.model_validate(settings)
    inputs = find_inputs((str(raw),))
    return make_plan(inputs, past(seen, parent), day, config)[0]


def past(seen=(), parent=None, looks=(), **attempts) -> Past:
    """What earlier runs say: files read, as (source, digest) or by their looks."""
    nothing = Digests(np.empty(0, "S16"), np.empty(0, np.uint32))
    read = nothing.plus([input_digest(*each) for each in seen], [1] * len(seen))
    index = Index({}, nothing, read.plus(list(looks), [1] * len(looks)))
    return Past(index, parent, parent.sequence + 1 if parent else 1, attempts.get("attempts", {}))


def parts_of(plan: Plan) -> list[Part]:
    """All parts, in the order of the blocks."""
    return [part for block in plan.blocks for part in block.parts]


def test_a_first_plan_takes_everything(raw):
    """All files, in the order of their sources, as run number one without a parent."""
    plan = planned(raw)

    assert ["a.txt", "b.txt", "c/d.txt"] == [each.source for each in plan.inputs]
    assert ["a.txt", "b.txt", "c/d.txt"] == [part.source for part in parts_of(plan)]
    assert (1, None, DAY) == (plan.sequence, plan.parent, plan.logical_date)
    assert sum(path.stat().st_size for path in raw.rglob("*.txt")) == plan.bytes
    assert re.fullmatch("2026-01-01-000001-[0-9a-f]{8}", plan.run_id)


def test_files_that_were_read_are_left_out(raw):
    """Same source and same bytes: read. Other bytes at a source, or the bytes elsewhere: new."""
    a, b, _ = planned(raw).inputs
    (raw / "b.txt").write_text("Another story.")
    seen = {(a.source, a.digest), (b.source, b.digest), ("other.txt", a.digest)}

    assert ["b.txt", "c/d.txt"] == [each.source for each in planned(raw, seen).inputs]
    assert ["b.txt", "c/d.txt"] == [part.source for part in parts_of(planned(raw, seen))]


def test_nothing_new_is_a_plan_without_blocks(raw):
    """When all was read there is nothing to do."""
    seen = {(each.source, each.digest) for each in planned(raw).inputs}

    assert () == planned(raw, seen).blocks == planned(raw, seen).inputs


def test_a_plan_follows_its_parent(raw):
    """The sequence counts on from the newest committed run."""
    plan = planned(raw, parent=PARENT)

    assert (8, "r7") == (plan.sequence, plan.parent)
    assert plan.run_id.startswith("2026-01-01-000008-")


CHANGES = {
    "date": {"day": date(2026, 1, 2)},
    "parent": {"parent": PARENT},
    "parent of that number": {"parent": CommittedRun(Path("r"), "r", 0, DAY)},
    "mode": {"clean": {"mode": "careful"}},
    "fields": {"input": {"fields": {"body": "text"}}},
    "max_bytes": {"input": {"max_bytes": 10}},
    "filter": {"judge": {"min_words": 3}},
    "similarity": {"dedup": {"similarity": 0.6}},
    "row groups": {"write": {"row_group_rows": 7}},
    "blocks": {"run": {"block_bytes": 5_000}},
}
SAME = {
    "nothing": {},
    "workers": {"run": {"workers": 7}},
    "output": {"write": {"output": "elsewhere/"}},
    "min_age_s": {"input": {"min_age_s": 1}},
    "gates": {"gates": {"max_reject_share": 0.1, "min_runs": 2}},
    "alarm_cluster_size": {"dedup": {"alarm_cluster_size": 7}},
    "paths": {"input": {"paths": ["somewhere/"]}},
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_can_change_the_tables_changes_the_name(raw, change):
    """Two runs of one name have the same tables."""
    assert planned(raw).run_id != planned(raw, **CHANGES[change]).run_id


@pytest.mark.parametrize("change", SAME)
def test_what_cannot_change_the_tables_does_not_change_the_name(raw, change):
    """Who works on a run, where it lies and how the files were named are no part of it."""
    assert planned(raw).run_id == planned(raw, **SAME[change]).run_id


def test_every_change_has_a_name_of_its_own(raw):
    """No two of them are taken for one another."""
    names = {planned(raw, **change).run_id for change in CHANGES.values()}

    assert len(CHANGES) == len(names)


def test_the_version_is_part_of_the_name(raw, monkeypatch):
    """Another newsieve may give other tables."""
    before = planned(raw).run_id
    monkeypatch.setattr(planning, "VERSION", "99.0")

    assert before != planned(raw).run_id


def test_content_and_names_of_files_are_part_of_the_name(raw):
    """A byte more, another name, a file less: another run."""
    names = [planned(raw).run_id]
    (raw / "a.txt").write_text("Story A.txt.")
    names.append(planned(raw).run_id)
    (raw / "a.txt").rename(raw / "e.txt")
    names.append(planned(raw).run_id)
    (raw / "e.txt").unlink()
    names.append(planned(raw).run_id)

    assert 4 == len(set(names))


def test_place_and_order_of_files_are_no_part_of_the_name(raw, tmp_path):
    """The same files in another folder, named one by one, backwards: the same run."""
    before = planned(raw).run_id
    moved = raw.rename(tmp_path / "moved")

    assert before == planned(moved).run_id
    globs = (str(moved / "*.txt"), str(moved / "*/*.txt"))
    for paths in (globs, globs[::-1]):
        assert before == make_plan(find_inputs(paths), past(), DAY, Config())[0].run_id


def test_a_file_that_cannot_be_read_is_planned_without_a_digest(raw):
    """Its reader will reject it; it is tried again until it counts as read like that."""
    inputs = find_inputs((str(raw),))
    inputs.files.insert(0, Part(str(raw / "absent.txt"), "absent.txt", ".txt"))
    inputs.unreadable.append(Part(str(raw / "shut"), "shut", ""))
    tried = past(attempts={("shut", None): 1})
    plan = make_plan(inputs, tried, DAY, Config())[0]

    expected = ["absent.txt", "a.txt", "b.txt", "c/d.txt", "shut"]
    assert expected == [part.source for part in parts_of(plan)]
    assert expected == [each.source for each in plan.inputs]
    attempts = [(each.digest, each.attempts) for each in plan.inputs if each.digest is None]
    assert [(None, 1), (None, 2)] == attempts
    assert plan.run_id != planned(raw).run_id
    given_up = past([("absent.txt", None), ("shut", None)])
    assert planned(raw).inputs == make_plan(inputs, given_up, DAY, Config())[0].inputs


def test_a_file_that_looks_as_it_did_is_not_opened(raw, monkeypatch):
    """A look is enough; one that changed a moment ago proves nothing and is read."""
    inputs = find_inputs((str(raw),))
    os.utime(raw / "a.txt", (1, 1))
    later = time.time_ns() + 2 * SETTLED_NS
    monkeypatch.setattr(planning.time, "time_ns", lambda: later)
    plan = make_plan(inputs, past(), DAY, Config())[0]
    looks = [bytes.fromhex(each.look) for each in plan.inputs]
    monkeypatch.setattr(planning, "open_input", None)

    assert () == make_plan(inputs, past(looks=looks), DAY, Config())[0].blocks
    monkeypatch.undo()
    assert [None] * 3 == [each.look for each in planned(raw).inputs]


def test_a_file_recognised_by_its_content_says_how_it_looks(raw, monkeypatch):
    """It was copied, or the index is lost: next time a look is enough, as if its run had looked."""
    monkeypatch.setattr(planning.time, "time_ns", lambda: 2**62)
    inputs = find_inputs((str(raw),))
    seen = [(each.source, each.digest) for each in planned(raw).inputs]
    plan, known = make_plan(inputs, past(seen), DAY, Config())

    assert ((), 3) == (plan.blocks, len(known))
    assert {1} == {run for _, run in known}
    looks = [look for look, _ in known]
    assert [] == make_plan(inputs, past(looks=looks), DAY, Config())[1]


def test_a_plan_is_read_back_as_it_was_frozen(raw):
    """For the same settings; others, or another newsieve, begin anew."""
    plan, config = planned(raw), Config()
    content = plan.as_json(config).encode()

    assert plan == read_plan(content, config)
    assert plan == read_plan(content, Config.model_validate({"run": {"workers": 2}}))
    assert None is read_plan(content, Config.model_validate({"clean": {"mode": "careful"}}))
    assert None is read_plan(content.replace(VERSION.encode(), b"99.0"), config)
    facts = json.loads(content)
    assert None is read_plan(json.dumps(facts | {"staging_version": 1}).encode(), config)
    del facts["staging_version"]  # as an older newsieve wrote it
    assert None is read_plan(json.dumps(facts).encode(), config)


def test_an_interrupted_run_is_finished_if_it_goes_on_from_the_newest(raw, tmp_path):
    """Of another parent, or damaged, it is none."""
    plan, config = planned(raw, parent=PARENT), Config(input={"paths": [str(raw)]})
    folder = tmp_path / "out/.staging"
    content = plan.as_json(config).encode()
    for name, text in (("a", b"{"), ("b", b"[]"), (plan.run_id, content), ("z", content)):
        (folder / name).mkdir(parents=True)
        (folder / name / "plan.json").write_bytes(text)

    assert plan == find_interrupted(tmp_path / "out", PARENT, PARENT.sequence + 1, config)
    assert None is find_interrupted(tmp_path / "out", None, PARENT.sequence + 1, config)
    assert None is find_interrupted(tmp_path / "elsewhere", PARENT, PARENT.sequence + 1, config)


def _secret(plan: dict, _raw: Path) -> None:
    plan["blocks"][0]["parts"][0]["path"] = "/etc/passwd"


def _upwards(plan: dict, raw: Path) -> None:
    plan["blocks"][0]["parts"][0] |= {"path": f"{raw}/../x.txt", "source": "../x.txt"}


def _elsewhere(plan: dict, _raw: Path) -> None:
    plan["run_id"] = "../../" + plan["run_id"]


def _another_source(plan: dict, _raw: Path) -> None:
    plan["blocks"][0]["parts"][0]["source"] = "b/other.txt"


def _link(plan: dict, raw: Path) -> None:
    (raw / "link.txt").symlink_to("/etc/passwd")
    plan["blocks"][0]["parts"][0] |= {"path": f"{raw}/link.txt", "source": "link.txt"}


@pytest.mark.parametrize("changed", [_secret, _upwards, _elsewhere, _another_source, _link])
def test_a_planted_plan_is_not_carried_out(raw, tmp_path, changed):
    """It must read nothing but what the inputs name, and write nowhere else."""
    plan, config = planned(raw, parent=PARENT), Config(input={"paths": [str(raw)]})
    facts = json.loads(plan.as_json(config))
    changed(facts, raw)
    folder = tmp_path / "out/.staging" / plan.run_id
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(json.dumps(facts))

    assert None is find_interrupted(tmp_path / "out", PARENT, PARENT.sequence + 1, config)


@pytest.mark.parametrize("name", ["site_lines.npy", "common/3.npy"])
def test_a_pickle_in_staging_is_not_loaded(raw, tmp_path, name):
    """Whoever wrote it there, the interrupted work is begun anew."""
    plan, config = planned(raw, parent=PARENT), Config(input={"paths": [str(raw)]})
    folder = tmp_path / "out/.staging" / plan.run_id
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(plan.as_json(config))
    (folder / name).parent.mkdir(exist_ok=True)
    np.save(folder / name, np.zeros(0))
    assert plan == find_interrupted(tmp_path / "out", PARENT, PARENT.sequence + 1, config)
    np.save(folder / name, np.array([_Planted()], object), allow_pickle=True)

    assert None is find_interrupted(tmp_path / "out", PARENT, PARENT.sequence + 1, config)


class _Planted:
    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


def test_a_large_file_of_lines_is_cut_into_ranges(tmp_path):
    """The ranges follow one another without gaps, each in order, and count lines on."""
    lines = [json.dumps({"text": f"story {number}"}).encode() + b"\n" for number in range(300)]
    (tmp_path / "a.jsonl").write_bytes(b"".join(lines))
    plan = planned(tmp_path, run={"block_bytes": 1_000})
    parts = parts_of(plan)

    assert len(parts) == len(plan.blocks) > 5
    assert 0 == parts[0].start
    assert plan.bytes == parts[-1].stop
    for before, after in itertools.pairwise(parts):
        assert before.stop == after.start
        lines_between = b"".join(lines)[before.start : before.stop].count(b"\n")
        assert before.first_record + lines_between == after.first_record


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(1, 60), st.integers(1, 7))
def test_blocks_hold_all_parts_in_order_and_are_full(sizes, block_bytes, most):
    """No part is lost or moved; a block is within its limits, and no smaller than it must be."""
    parts = list(enumerate(sizes))
    blocks = list(portions(parts, lambda part: part[1], block_bytes, most))

    assert parts == [part for block in blocks for part in block]
    weights = [[size for _, size in block] for block in blocks]
    for weight in weights:
        assert 1 <= len(weight) <= most
        assert sum(weight) <= block_bytes or len(weight) == 1
    for weight, following in itertools.pairwise(weights):
        assert len(weight) == most or sum(weight) + following[0] > block_bytes


def test_many_small_files_do_not_make_one_endless_block(tmp_path, monkeypatch):
    """A block has at most MAX_PARTS files, however small they are."""
    monkeypatch.setattr(planning, "MAX_PARTS", 2)
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text(f"Text {number}")

    assert [2, 2, 1] == [len(block.parts) for block in planned(tmp_path).blocks]


def test_a_plan_can_be_written_down(raw):
    """The JSON has every fact of the plan, and the settings it was made for."""
    config = Config.model_validate({"judge": {"languages": ["en"]}, "run": {"workers": 3}})
    plan = planned(raw)
    facts = json.loads(plan.as_json(config))

    assert plan.run_id == facts["run_id"]
    assert "2026-01-01" == facts["logical_date"]
    assert [each.digest for each in plan.inputs] == [each["digest"] for each in facts["inputs"]]
    found = [Part(**part | {"skipped": ()}) for block in facts["blocks"] for part in block["parts"]]
    assert parts_of(plan) == found
    assert ["en"] == facts["lasting"]["judge"]["languages"]


def test_a_plan_with_a_name_that_is_no_unicode_can_be_written_down():
    """Its path holds lone surrogates; the plan is UTF-8 all the same, and complete."""
    path = os.fsdecode(b"/in/b\xff.txt")
    inputs = Inputs(files=[Part(path, r"b\xff.txt", ".txt")])
    plan = make_plan(inputs, past(), DAY, Config())[0]

    facts = json.loads(plan.as_json(Config()).encode())
    assert path == facts["blocks"][0]["parts"][0]["path"]


def test_objects_are_surveyed_at_the_same_time_and_planned_in_order(monkeypatch):
    """A store takes its time to answer: whoever asks for one object after the other waits."""
    together = threading.Barrier(4, timeout=20)
    names = [f"{number}.txt" for number in range(8)]

    def slow(path):
        together.wait()
        return BytesIO(path.encode())

    monkeypatch.setattr(planning, "open_input", slow)
    monkeypatch.setattr(planning, "_with_sidecar", lambda digest, *_: digest)
    files = [Part(f"s3://news/{name}", name, ".txt", look="77") for name in names]
    plan, _ = make_plan(Inputs(files), past(), DAY, Config())

    assert names == [each.source for each in plan.inputs]
    assert names == [part.source for part in parts_of(plan)]
    assert 8 == len({each.digest for each in plan.inputs})
