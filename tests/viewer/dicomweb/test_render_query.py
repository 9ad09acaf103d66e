"""How a picture is asked for (PS3.18 8.3.5.1), read for any text a client may send."""

import string

import pytest
from hypothesis import given, strategies as st
from starlette.datastructures import QueryParams

from viewer.image_form import Window
from viewer.render_query import (
    QUALITY_DEFAULT,
    SIDE_MAX,
    THUMBNAIL_SIDE,
    Region,
    RenderingRefused,
    Wish,
    read_wish,
)


def read(query: str, *, thumbnail: bool = False) -> Wish:
    """The wish in a query string."""
    return read_wish(QueryParams(query), thumbnail=thumbnail)


def refused(query: str, *, thumbnail: bool = False) -> dict[str, object]:
    """What a refusal says."""
    with pytest.raises(RenderingRefused) as refusal:
        read(query, thumbnail=thumbnail)
    return dict(refusal.value.params)


def test_nothing_asked_is_the_whole_image_as_it_is() -> None:
    wish = read("")
    assert wish == Wish(quality=QUALITY_DEFAULT)
    assert (wish.across, wish.down, wish.window, wish.enlarge) == (None, None, None, True)
    assert wish.region(7, 5) == Region(left=0, top=0, width=7, height=5)
    assert read("accept=image/png&charset=utf-8&_=123") == wish


def test_everything_asked() -> None:
    wish = read("viewport=200,100,1,2,3,4&window=40,400,linear-exact&quality=35&iccprofile=no&annotation=")
    assert (wish.across, wish.down, wish.quality) == (200, 100, 35)
    assert (wish.left, wish.top, wish.width, wish.height) == (1, 2, 3, 4)
    assert wish.window == Window(center=40, width=400, explanation="")
    assert wish.function == "LINEAR_EXACT"
    assert read("VIEWPORT=200,100&Window=-600.5,1500.25,SIGMOID").function == "SIGMOID"


@pytest.mark.parametrize(
    "viewport, region",
    [
        ("9,9", Region(left=0, top=0, width=20, height=10)),
        ("9,9,,,,", Region(left=0, top=0, width=20, height=10)),
        ("9,9,5,2,,", Region(left=5, top=2, width=15, height=8)),
        ("9,9,5,2,4,3", Region(left=5, top=2, width=4, height=3)),
        ("9,9,5,2,400,300", Region(left=5, top=2, width=15, height=8)),
        ("9,9,0,0,-20,10", Region(left=0, top=0, width=20, height=10, mirrored=True)),
        ("9,9,0,0,20,-10", Region(left=0, top=0, width=20, height=10, upside_down=True)),
        ("9,9,0.5,0.5,1,1", Region(left=0, top=0, width=2, height=2)),
    ],
)
def test_the_part_of_the_image(viewport: str, region: Region) -> None:
    assert read(f"viewport={viewport}").region(20, 10) == region


@pytest.mark.parametrize("viewport", ["9,9,20,0,5,5", "9,9,0,10,5,5", "9,9,99999,0,,"])
def test_a_part_outside_of_the_image_is_nothing(viewport: str) -> None:
    with pytest.raises(RenderingRefused) as refusal:
        read(f"viewport={viewport}").region(20, 10)
    assert refusal.value.params == {"parameter": "viewport", "fault": "shows nothing of the image"}


REFUSALS = [
    ("annotation=patient", "annotation"),
    ("annotation=patient,technique", "annotation"),
    ("presentationUID=1.2.3", "presentationuid"),
    ("iccprofile=srgb", "iccprofile"),
    ("iccprofile=yes", "iccprofile"),
    ("quality=0", "quality"),
    ("quality=101", "quality"),
    ("quality=-1", "quality"),
    ("quality=٣", "quality"),
    ("quality=high", "quality"),
    ("viewport=100", "viewport"),
    ("viewport=0,100", "viewport"),
    ("viewport=100,8193", "viewport"),
    ("viewport=100.5,100", "viewport"),
    ("viewport=100,100,1", "viewport"),
    ("viewport=100,100,-1,0,5,5", "viewport"),
    ("viewport=100,100,0,0,0,5", "viewport"),
    ("viewport=100,100,a,0,5,5", "viewport"),
    ("viewport=1e3,100", "viewport"),
    ("window=40", "window"),
    ("window=40,400", "window"),
    ("window=40,400,cubic", "window"),
    ("window=40,400,linear,1", "window"),
    ("window=40,0,linear", "window"),
    ("window=40,0.5,linear", "window"),
    ("window=40,-5,sigmoid", "window"),
    ("window=40,0,sigmoid", "window"),
    ("window=nan,1,linear", "window"),
    ("window=1e9,1,linear", "window"),
]


@pytest.mark.parametrize("query, parameter", REFUSALS)
def test_what_cannot_be_done_is_named(query: str, parameter: str) -> None:
    said = refused(query)
    assert said["parameter"] == parameter
    assert said["fault"]


def test_a_thumbnail_takes_only_a_size() -> None:
    assert read("", thumbnail=True) == Wish(across=THUMBNAIL_SIDE, down=THUMBNAIL_SIDE, enlarge=False)
    assert read("viewport=64,48", thumbnail=True) == Wish(across=64, down=48, enlarge=False)
    assert refused("viewport=64,48,0,0,5,5", thumbnail=True)["parameter"] == "viewport"
    assert refused("annotation=patient", thumbnail=True)["parameter"] == "annotation"


TEXT = st.text(string.digits + "-.,eE +linearsgmod٣", max_size=30)


@given(st.dictionaries(st.sampled_from(["viewport", "window", "quality", "iccprofile"]), TEXT), st.booleans())
def test_any_query_is_read_or_refused(parameters: dict[str, str], thumbnail: bool) -> None:
    named: list[object] = []
    wish = Wish()
    try:
        wish = read_wish(QueryParams(parameters), thumbnail=thumbnail)
    except RenderingRefused as refusal:
        named.append(refusal.params["parameter"])
    assert set(named) <= parameters.keys()
    assert 1 <= wish.quality <= 100
    assert all(side is None or 1 <= side <= SIDE_MAX for side in (wish.across, wish.down))
    assert wish.window is None or wish.window.width > 0


SIDE = st.integers(1, 3000)
PART = st.floats(0, 4000, allow_nan=False).map(lambda x: round(x, 2))
SIZE = st.floats(-4000, 4000, allow_nan=False).map(lambda x: round(x, 2)).filter(bool)


@given(SIDE, SIDE, PART, PART, SIZE, SIZE)
def test_a_region_lies_inside_of_the_image_and_shows_all_that_is_asked(
    columns: int, rows: int, left: float, top: float, width: float, height: float
) -> None:
    wish = read(f"viewport=10,10,{left:.2f},{top:.2f},{width:.2f},{height:.2f}")
    outside = left >= columns or top >= rows
    try:
        region = wish.region(columns, rows)
    except RenderingRefused:
        assert outside
        return
    assert not outside
    assert 0 <= region.left <= left
    assert 0 <= region.top <= top
    assert region.left + region.width <= columns
    assert region.top + region.height <= rows
    assert region.left + region.width >= min(columns, left + abs(width))
    assert region.top + region.height >= min(rows, top + abs(height))
    assert (region.mirrored, region.upside_down) == (width < 0, height < 0)
