"""Values that mean water: how a list of them is read, and what it is compared with."""

import unicodedata

import pytest

from ipeo_water_plugin.core.errors import InputError
from ipeo_water_plugin.core.sampling.classes import WaterValues, classify, find_name


@pytest.mark.parametrize(
    ("text", "numeric", "values", "water"),
    [
        ("1", True, [1, 1.0, True, 0, None, float("nan")], [True, True, True, False, None, None]),
        ("true", True, [True, False], [True, False]),
        ("2, 3, 1e1", True, [2, 3, 10, 1], [True, True, True, False]),
        ("0", True, [0, 1], [True, False]),
        ("-9007199254740993, 2.5", True, [-9007199254740993, -9007199254740992, 2.5], [True, False, True]),
        ("9007199254740993", True, [9007199254740993, 9007199254740992, 9007199254740992.0], [True, False, False]),
        ('"1"', True, [1, 0], [True, False]),
        ("lake, River", False, [" LAKE ", "river", "lakes"], [True, True, False]),
        (
            "lake",
            False,
            ["\u00a0lake\u200b", "lake\t", "", " ", "\u00a0", "\u200b\ufeff", None],
            [True, True, None, None, None, None, None],
        ),
        ("open water", False, ["open\u00a0water", "open  water", "openwater"], [True, True, False]),
        ("Straße", False, ["STRASSE", "land"], [True, False]),
        # A value that holds a comma: in quotes, or alone.
        ('"Water, open", sea', False, ["water, OPEN", "Sea", "Water"], [True, True, False]),
        ("Water, open", False, ["Water, open", "Water", "open", "Beaches, dunes"], [True, False, False, False]),
        ("Water, open", False, ["Water", "open", "land"], [True, True, False]),
        ('"the ""old"" arm", lake', False, ['The "old" arm', "lake", "land"], [True, True, False]),
        ('12" pipe, lake', False, ['12" pipe', "lake", "land"], [True, True, False]),
        ('"Alte Donau" (Arm)', False, ['"Alte Donau" (Arm)', "land"], [True, False]),
    ],
)
def test_what_means_water(recorder, text, numeric, values, water) -> None:
    progress = recorder()
    assert classify(values, WaterValues.parse(text, numeric=numeric), "areas", progress) == water
    assert progress.warnings == []


@pytest.mark.parametrize("field", ["NFC", "NFD", "both"])
@pytest.mark.parametrize("given", ["NFC", "NFD", "NFKC", "NFKD"])
def test_accents_composed_or_not_are_one_text(recorder, field, given) -> None:
    """A Mac stores é as e and an accent, and a layer merged of two sources holds both."""
    forms = [field, field] if field != "both" else ["NFC", "NFD"]
    values = [unicodedata.normalize(form, "Rivière") for form in forms] + ["champ"]
    wanted = WaterValues.parse(unicodedata.normalize(given, "rivière"), numeric=False)
    assert classify(values, wanted, "areas", recorder()) == [True, True, False]


@pytest.mark.parametrize(("text", "numeric"), [("", True), (" , ", False), ("\u00a0,\u200b", False), ('""', False)])
def test_no_value_at_all(text, numeric) -> None:
    with pytest.raises(InputError, match="No value that means water is given"):
        WaterValues.parse(text, numeric=numeric)


@pytest.mark.parametrize("entry", ["lake", "nan", "inf", "1_000", "1 000", '"1,5"', "0x1", "9" * 5000 + "e9"])
def test_an_entry_that_isnt_a_number_is_named(entry) -> None:
    with pytest.raises(InputError, match=f"“{entry.strip(chr(34))}” among the values that mean water isn't one"):
        WaterValues.parse(f"1, {entry}", numeric=True)


def test_a_listed_value_that_doesnt_occur_is_told_with_what_resembles_it(recorder) -> None:
    wanted, progress = WaterValues.parse("lake, rivr", numeric=False), recorder()
    assert classify(["lake", "river", "field"], wanted, "areas", progress) == [True, False, False]
    (warning,) = progress.warnings
    assert "“areas”" in warning
    assert "“rivr” (similar: “river”)" in warning
    assert "field, lake and river" in warning


def test_texts_that_are_the_same_number_are_told(recorder) -> None:
    """As in a table whose fields are all texts."""
    progress = recorder()
    assert classify(["1", "1.0", "01", "0", "x"], WaterValues.parse("1", numeric=False), "areas", progress) == [True, *[False] * 4]
    (told,) = progress.warnings
    assert "01 and 1.0 count as not water" in told
    assert classify(["1", "0"], WaterValues.parse("1", numeric=False), "areas", progress) == [True, False]
    assert progress.warnings == [told]


def test_a_list_that_names_no_class_there_is_an_error(recorder) -> None:
    with pytest.raises(InputError, match=r"“11”, “12”\. Its classes are 1, 2 and 10\. Name one"):
        classify([2, 10, 1, None], WaterValues.parse("11, 12", numeric=True), "areas", recorder())
    with pytest.raises(InputError, match=r"“lac” \(similar: “lacs”\)\. Its classes are champ and lacs"):
        classify(["lacs", "champ"], WaterValues.parse("lac", numeric=False), "areas", recorder())
    # A number stored as a text is a text.
    with pytest.raises(InputError, match=r"“1”\. Its classes are 0\.0 and 1\.0"):
        classify(["1.0", "0.0"], WaterValues.parse("1", numeric=False), "areas", recorder())


def test_where_no_feature_has_a_class_that_is_for_others_to_say(recorder) -> None:
    progress = recorder()
    assert classify([None, ""], WaterValues.parse("lake", numeric=False), "areas", progress) == [None, None]
    assert progress.warnings == []


def test_many_classes_are_cut_short_in_messages(recorder) -> None:
    with pytest.raises(InputError, match=r"Its classes are 0, 1, .*, 19, …\."):
        classify(list(range(1000)), WaterValues.parse("-1", numeric=True), "areas", recorder())


def test_names_are_found_as_written_else_where_one_alone_is_alike() -> None:
    names = ["Gewa\u0308sser", "class", "Class"]
    assert find_name("Gew\u00e4sser", names) == 0
    assert find_name("Class", names) == 2
    assert find_name("CLASS", names) is None
    assert find_name("other", names) is None


def test_where_the_classes_to_choose_from_are_known_one_may_be_missing_and_others_are_told(recorder) -> None:
    wanted = WaterValues.parse("1", numeric=True)
    progress = recorder()
    assert classify([0, 0, None], wanted, "points", progress, offered=(0, 1)) == [False, False, None]
    assert "These values that mean water don't occur in “points”: “1”" in progress.warnings[0]
    # Unsure, by the hand of whoever labelled.
    progress = recorder()
    assert classify([0, 1, 2], wanted, "points", progress, offered=(0, 1)) == [False, True, False]
    assert progress.warnings == [
        "Classes of “points” that its form doesn't offer count as not water: 2. To omit a feature, clear its class."
    ]
    # A scheme of one's own.
    progress = recorder()
    assert classify([1, 2, 3], wanted, "points", progress, offered=(0, 1)) == [True, False, False]
    assert progress.warnings == []
    for values, text in (([0, 2], "1"), ([0, 0], "2")):
        with pytest.raises(InputError, match="None of the values that mean water occurs"):
            classify(values, WaterValues.parse(text, numeric=True), "points", recorder(), offered=(0, 1))
