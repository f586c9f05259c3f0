"""The authors of a record, as many tools export them."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import InputConfig
from pipeline.read import read_part
from pipeline.read.names import declared_names
from pipeline.read.parts import Part

TWO = ("Ida Voss", "Jo O'Li")
BOTH = [
    ["Ida Voss", "Jo O'Li"],
    ["Ida Voss", None, "", "null", "NaN", "Jo O'Li", "Ida Voss"],
    [["Ida Voss"], ["Jo O'Li"]],
    [b"Ida Voss", b"Jo O'Li"],
    ["Ida Voss; Jo O'Li"],
    "Ida Voss; Jo O'Li",
    '["Ida Voss", "Jo O\'Li"]',
    "['Ida Voss', \"Jo O'Li\"]",
    "('Ida Voss', \"Jo O'Li\")",
    "['Ida Voss' \"Jo O'Li\"]",
    "['Ida Voss'\n \"Jo O'Li\"]",
    r"['Ida Voss', 'Jo O\'Li', None]",
    '{"Ida Voss","Jo O\'Li",NULL}',
    '"[\\"Ida Voss\\", \\"Jo O\'Li\\"]"',
    "[&quot;Ida Voss&quot;, &quot;Jo O&#39;Li&quot;]",
    [{"name": "Ida Voss"}, {"name": "Jo O'Li", "url": "https://example.org/jo"}],
    [{"firstName": "Ida", "lastName": "Voss"}, {"first_name": "Jo", "last_name": "O'Li"}],
    [{"given": "Ida", "family": "Voss"}, {"Given Name": "Jo", "Surname": "O'Li"}],
    [{"@type": "Person", "name": {"@value": "Ida Voss"}}, {"displayName": "Jo O'Li"}],
    {"name": ["Ida Voss", "Jo O'Li"]},
    {"authors": [{"name": None, "full_name": "Ida Voss"}, {"author": {"name": "Jo O'Li"}}]},
    {"1": "Jo O'Li", "0": "Ida Voss"},
    '[{"name": "Ida Voss"}, {"name": "Jo O\'Li"}]',
    "[{'name': 'Ida Voss', 'age': nan, 'staff': True}, {'name': \"Jo O'Li\", 'id': 3}]",
    "[{'name': 'Ida Voss'}\n {'name': \"Jo O'Li\"}]",
    [[("name", "Ida Voss")], [("name", "Jo O'Li"), ("role", "desk")]],
]
NOBODY = [
    None, 7, True, {}, [], "", "null", "[]", "{}", "[null]", '[""]', "['nan']", "null null",
    [{"age": 3}], {"username": "ivoss"}, {"Ida Voss": "baker"}, {"name": 3.5e300},
    "['Ida Voss', 'Jo", '["Ida Voss"', "['Ida''Voss']", "[Ida Voss, Jo Li]", "{{ author }}",
    "{author}", "[deleted]", "[object Object]", "[{'name': ObjectId('3')}]", "[<Person: Ida>]",
    "[['Ida Voss'}", {"firstName": "null", "lastName": "NULL"}, b"\x00\x01\x02\x03",
    {"firstName": "トム", "lastName": "クルーズ"}, [[[[[[[["Ida Voss"]]]]]]]],
]  # fmt: skip
AS_GIVEN = [
    "Ida Voss", "Voss, Ida", "Ida Voss and Jo Li", "Ida Voss (Reuters)", "(Reuters)", "Nan Lee",
    "[Reuters] Ida Voss", "Ida Voss [Reuters]", '"Weird" Ida Voss', "Ida {Voss", "None Ida",
    "@ida", "Staff", "d'Ida", "王硕", "Ida: Voss", "Jo-Li",
]  # fmt: skip


@pytest.mark.parametrize("value", BOTH, ids=str)
def test_two_authors_are_the_same_names_in_any_form(value):
    """Lists, objects, maps, and these printed into a string by any tool."""
    assert TWO == declared_names(value)


@pytest.mark.parametrize("value", NOBODY, ids=str)
def test_what_cannot_be_read_names_nobody(value):
    """No brackets and no words for null are published as a name; nothing is guessed."""
    assert () == declared_names(value)


@pytest.mark.parametrize("text", AS_GIVEN)
def test_other_strings_are_names_as_given(text):
    """Brackets within a name are the business of the one who wrote it."""
    assert (text,) == declared_names(text)


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"firstName": "Ida"}, "Ida"),
        ({"lastName": "Voss", "middleName": "M.", "firstName": "Ida"}, "Ida M. Voss"),
        ({"name": "Ida Voss", "firstName": "Adelaide", "lastName": "Voss"}, "Ida Voss"),
        ({"name": {"first": "Ida", "last": "Voss"}}, "Ida Voss"),
        ({"firstName": "硕", "lastName": "王"}, "王硕"),
        ({"firstName": "철수", "lastName": "김"}, "김철수"),
    ],
)
def test_the_parts_of_a_name_are_put_in_order(person, name):
    """The whole name goes before its parts; in Chinese and Korean the family comes first."""
    assert (name,) == declared_names(person)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([["Ida Voss", "Jo O'Li"]]),
        pa.array([["Ida Voss", "Jo O'Li"]], pa.large_list(pa.large_string())),
        pa.array([[b"Ida Voss", b"Jo O'Li"]], pa.list_(pa.binary())),
        pa.array([[{"name": "Ida Voss"}, {"name": "Jo O'Li"}]]),
        pa.array([[{"first": "Ida", "last": "Voss"}, {"first": "Jo", "last": "O'Li"}]]),
        pa.array([{"name": ["Ida Voss", "Jo O'Li"]}]),
        pa.array([[("name", "Ida Voss; Jo O'Li")]], pa.map_(pa.string(), pa.string())),
        pa.array(['["Ida Voss", "Jo O\'Li"]']).dictionary_encode(),
    ],
    ids=lambda column: str(column.type),
)
def test_columns_of_parquet_hold_names(column):
    """Lists, structs, maps, and strings stored as bytes."""
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": ["Story."], "authors": column}), sink)
    part = Part("a", "a.parquet", ".parquet")
    (document,) = read_part(part, lambda _: io.BytesIO(sink.getvalue()), InputConfig())

    assert TWO == document.authors


@given(st.text("[]{}()'\":,;\\ aN&quot;\n", max_size=60))
def test_no_string_of_brackets_is_a_name(text):
    """Whatever is printed, a name is not a whole list or object."""
    for name in declared_names(text):
        assert name.strip()
        assert not name.startswith(("['", '["', "{'", '{"'))
        assert name not in ("[]", "{}")
