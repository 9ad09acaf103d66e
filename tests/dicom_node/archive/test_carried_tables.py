"""The tables read without their libraries are the libraries' own."""

import pytest
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom._uid_dict import UID_dictionary
from pydicom.datadict import dictionary_VR, mask_match
from pypinyin import Style, pinyin

from dicom_node.archive.carried_tables import ATTRIBUTES, READINGS, REPEATING, UIDS
from dicom_node.archive.names import name_key
from dicom_node.intake.elements import dictionary_vr


def test_they_are_the_same_tables() -> None:
    assert DicomDictionary == ATTRIBUTES
    assert RepeatersDictionary == REPEATING
    assert UIDS.items() <= UID_dictionary.items()
    assert len(UIDS) > 480


@pytest.mark.parametrize("mask", sorted(REPEATING))
def test_repeating_tags_are_found(mask: str) -> None:
    tag = int(mask.replace("x", "2"), 16)
    assert mask_match(tag) == mask
    expected = dictionary_VR(tag)
    assert dictionary_vr(tag) == ("OW" if "OW" in expected else "US" if " or " in expected else expected)


@pytest.mark.parametrize("character", "王单曾仇行乐吕女绿尉迟重盖解朴")
def test_readings_are_those_of_pypinyin(character: str) -> None:
    theirs = {r.replace("ü", "v") for r in pinyin(character, style=Style.NORMAL, heteronym=True)[0]}
    assert theirs <= set(name_key(character).split("|"))
    assert ord(character) in READINGS
