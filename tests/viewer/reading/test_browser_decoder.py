"""The browser's own modules give the reference samples of every decodable file, and the picture of others."""

import base64
import json
import subprocess
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import pytest

from config.prepare import node_folder
from tests.fixtures.samples import REPOSITORY
from tests.viewer.reading.facts import facts, frame_sha256
from tests.viewer.reading.independent import drawn
from tests.viewer.reading.made_images import an_object, colour_images, grey_images, saved, shared_words
from viewer.frame_jobs import FrameJob, encode_frame
from viewer.frame_records import Encoding, FrameRecord
from viewer.frame_types import BIG_ENDIAN
from viewer.image_form import FrameFacts, ImageForm, frames_of
from viewer.pixels import PARTS_FROM_BYTES, PixelForm
from viewer.previews import preview_of
from viewer.rendered import rendered

STATIC = REPOSITORY / "static"
PROGRAM = REPOSITORY / "tests" / "static" / "reading" / "decode" / "decode_records.ts"
WASM = STATIC / "node_modules" / "@cornerstonejs" / "codec-openjph" / "dist" / "openjphjs.wasm"
IMPLICIT = "1.2.840.10008.1.2"
PALETTE_DATA = ("0028120", "0028122")
MANY = ("ct/philips_54/", "mr/siemens_mprage_96of192/")
SOME_OF_MANY = 3
COMMONJS_NAMES = 'data:text/javascript,globalThis.__dirname="."'
"""The codec's own script is CommonJS and asks for this name; within a module Node has none."""


def decodable(samples: Path) -> list[str]:
    """Names of all sample files with a reference frame; of the large series only the first few."""
    names: list[str] = []
    taken = dict.fromkeys(MANY, 0)
    for name, fact in facts(samples).items():
        if name.startswith("_") or "frame0_sha256" not in fact:
            continue
        family = next((one for one in MANY if name.startswith(one)), None)
        if family is not None:
            taken[family] += 1
        if family is None or taken[family] <= SOME_OF_MANY:
            names.append(name)
    return names


def described(path: Path) -> tuple[pydicom.Dataset, FrameFacts]:
    """A sample file and what its first frame is, read by pydicom and not by our own index."""
    dataset = pydicom.dcmread(path, force=True)
    data = dataset.to_json_dict(
        bulk_data_threshold=1 << 20, bulk_data_element_handler=lambda _: "bulk", suppress_invalid_tags=True
    )
    for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"):
        if keyword in dataset:
            data[f"{pydicom.tag.Tag(keyword):08X}"] = {"vr": "OW"}
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", IMPLICIT))
    if syntax == BIG_ENDIAN:
        for tag in [tag for tag in data if tag.startswith(PALETTE_DATA)]:
            words = np.frombuffer(dataset[tag].value, ">u2").astype("<u2")
            data[tag] = {"vr": "OW", "InlineBinary": base64.b64encode(words.tobytes()).decode()}
    return dataset, frames_of(data, syntax, 1)[0]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Frame 0 of a file as the browser holds and paints it, and what it is."""

    dataset: pydicom.Dataset
    record: FrameRecord
    pixels: PixelForm
    form: ImageForm
    samples: npt.NDArray[Any]
    painted: npt.NDArray[np.uint8]


def announced(pixels: PixelForm, form: ImageForm) -> dict[str, Any]:
    assert (pixels.rows, pixels.columns) == (form.rows, form.columns)
    return form.model_dump(mode="json")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The browser's modules bundled for Node, as Vite bundles them for the browser."""
    bundle = STATIC / "decode_records.test-bundle.mjs"
    folder = tmp_path_factory.mktemp("bundle")
    node = node_folder() / "node"
    subprocess.run(
        [
            node,
            STATIC / "node_modules" / "rolldown" / "bin" / "cli.mjs",
            PROGRAM,
            "--platform",
            "node",
            "--format",
            "esm",
            "--file",
            folder / bundle.name,
            "--alias",
            f"@cornerstonejs/codec-openjph={WASM.with_suffix('.js')}",
        ],
        check=True,
        capture_output=True,
        cwd=STATIC,
    )
    return folder / bundle.name


@pytest.fixture(scope="module")
def shown(samples: Path, program: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    """All decodable sample files through the server's records and the browser's modules."""
    names = decodable(samples)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return through_the_browser({name: samples / name for name in names}, program, tmp_path_factory)


def through_the_browser(
    files: Mapping[str, Path], program: Path, folders: pytest.TempPathFactory
) -> dict[str, Shown]:
    folder, out = folders.mktemp("records"), folders.mktemp("shown")
    told, records = {}, []
    for frame, (name, path) in enumerate(files.items()):
        dataset, facts_of_frame = described(path)
        pixels, form = facts_of_frame.pixels, facts_of_frame.form
        assert isinstance(pixels, PixelForm), name
        assert form is not None
        record = encode_frame(FrameJob(frame=frame, form=pixels, source=path.read_bytes(), index=0))
        assert record.encoding is not Encoding.UNREADABLE, (name, record.payload)
        told[name] = (dataset, record, pixels, form)
        records.append(record)
    (folder / "records").write_bytes(b"".join(record.to_bytes() for record in records))
    forms = [announced(pixels, form) for _, _, pixels, form in told.values()]
    (folder / "announced.json").write_text(json.dumps(forms))
    command: list[str | Path] = [node_folder() / "node", "--import", COMMONJS_NAMES, program]
    subprocess.run(
        [*command, folder / "records", folder / "announced.json", out, WASM], check=True, capture_output=True
    )
    return {
        name: Shown(
            dataset=dataset,
            record=record,
            pixels=pixels,
            form=form,
            samples=np.frombuffer((out / str(frame)).read_bytes(), pixels.dtype).reshape(pixels.shape),
            painted=np.frombuffer((out / f"{frame}.rgba").read_bytes(), np.uint8).reshape(
                pixels.rows, pixels.columns, 4
            ),
        )
        for frame, (name, (dataset, record, pixels, form)) in enumerate(told.items())
    }


@pytest.mark.samples
def test_the_browser_holds_exactly_the_stored_values(samples: Path, shown: dict[str, Shown]) -> None:
    assert len(shown) > 200
    wrong = []
    for name, one in shown.items():
        fact = facts(samples)[name]
        exact = frame_sha256(one.samples, fact["frame0_dtype"]) == fact["frame0_sha256"]
        lossy = "JPEG Baseline" in fact["ts_name"] or "JPEG Extended" in fact["ts_name"]
        close = lossy and abs(float(one.samples.mean()) - fact["frame0_mean"]) < 0.05
        if not exact and not close:
            wrong.append(name)
    assert wrong == []


def in_colour(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    wide = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
    return np.asarray(wide.astype(np.int64))


def levels_apart(one: Shown, dcmtk: Path, folder: Path) -> int:
    """The largest distance of what the browser paints, and of the server's picture, to another renderer's."""
    other = in_colour(drawn(one.dataset, one.pixels, one.samples, dcmtk, folder))
    server, browser = in_colour(rendered(one.samples, one.form)), in_colour(one.painted[..., :3])
    assert (one.painted[..., 3] == 255).all()
    padded = np.zeros(one.samples.shape[:2], bool)
    if one.form.padding is not None and one.form.samples_per_pixel == 1:
        padded = (one.samples >= one.form.padding[0]) & (one.samples <= one.form.padding[1])
        assert (browser[padded] == 0).all()
        assert (server[padded] == 0).all()
    return max(int(np.abs(ours - other)[~padded].max(initial=0)) for ours in (browser, server))


@pytest.mark.samples
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_file_is_shown_as_another_renderer_shows_it(
    shown: dict[str, Shown], dcmtk: Path, tmp_path: Path
) -> None:
    apart = {name: levels_apart(one, dcmtk, tmp_path) for name, one in shown.items()}
    assert {name: levels for name, levels in apart.items() if levels > 1} == {}


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_rules_that_few_files_show_are_kept(
    program: Path, dcmtk: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = saved({**grey_images(), **colour_images()}, tmp_path)
    seen = through_the_browser(files, program, tmp_path_factory)
    apart = {name: levels_apart(one, dcmtk, tmp_path) for name, one in seen.items()}
    assert {name: levels for name, levels in apart.items() if levels > 1} == {}


def test_only_the_values_of_shared_words_are_held(
    program: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = shared_words()
    files = saved({name: one for name, (one, _) in made.items()}, tmp_path)
    seen = through_the_browser(files, program, tmp_path_factory)
    assert {name: one.samples.tolist() for name, one in seen.items()} == {
        name: values.tolist() for name, (_, values) in made.items()
    }


def test_frames_in_parts_are_held_exactly_whatever_their_shape(
    program: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    random = np.random.default_rng(1)
    made = {
        f"{shape} {dtype}": random.integers(0, 255, shape).astype(dtype)
        for shape in ((511, 300), (1, 40_000), (40_000, 1), (3, 20_000))
        for dtype in ("|u1", "<u2", "<i2")
    }
    files = saved({name: an_object(samples) for name, samples in made.items()}, tmp_path)
    seen = through_the_browser(files, program, tmp_path_factory)
    for name, samples in made.items():
        assert (preview_of(seen[name].record) is not None) is (samples.nbytes >= PARTS_FROM_BYTES), name
        assert np.array_equal(seen[name].samples, samples), name
