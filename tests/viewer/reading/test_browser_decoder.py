"""The browser's own decoder gives the reference samples of every file that can be decoded at all."""

import json
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest

from config.prepare import node_folder
from tests.fixtures.samples import REPOSITORY
from tests.viewer.reading.facts import facts, frame_sha256
from tests.viewer.reading.test_pixels import opened
from viewer.frame_jobs import FrameJob, encode_frame
from viewer.frame_records import Encoding, FrameRecord
from viewer.pixels import PixelForm

STATIC = REPOSITORY / "static"
PROGRAM = REPOSITORY / "tests" / "static" / "reading" / "decode" / "decode_records.ts"
WASM = STATIC / "node_modules" / "@cornerstonejs" / "codec-openjph" / "dist" / "openjphjs.wasm"
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


def recorded(samples: Path, names: list[str]) -> tuple[list[FrameRecord], list[PixelForm]]:
    records, forms = [], []
    for frame, name in enumerate(names):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _, form = opened(samples / name)
            content = (samples / name).read_bytes()
            records.append(encode_frame(FrameJob(frame=frame, form=form, source=content, index=0)))
        forms.append(form)
    return records, forms


def announced(form: PixelForm) -> dict[str, object]:
    return {
        "rows": form.rows,
        "columns": form.columns,
        "components": form.samples_per_pixel,
        "bytesPerSample": form.dtype.itemsize,
        "signed": form.signed,
    }


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


@pytest.mark.samples
def test_the_browser_holds_exactly_the_stored_values(samples: Path, program: Path, tmp_path: Path) -> None:
    names = decodable(samples)
    assert len(names) > 200
    records, forms = recorded(samples, names)
    assert [
        name for name, one in zip(names, records, strict=True) if one.encoding is Encoding.UNREADABLE
    ] == []
    (tmp_path / "records").write_bytes(b"".join(record.to_bytes() for record in records))
    (tmp_path / "expected.json").write_text(json.dumps([announced(form) for form in forms]))
    out = tmp_path / "out"
    out.mkdir()
    node = node_folder() / "node"
    subprocess.run(
        [
            node,
            "--import",
            COMMONJS_NAMES,
            program,
            tmp_path / "records",
            tmp_path / "expected.json",
            out,
            WASM,
        ],
        check=True,
        capture_output=True,
    )
    wrong = []
    for frame, (name, form) in enumerate(zip(names, forms, strict=True)):
        fact = facts(samples)[name]
        decoded = np.frombuffer((out / str(frame)).read_bytes(), form.dtype).reshape(form.shape)
        exact = frame_sha256(decoded, fact["frame0_dtype"]) == fact["frame0_sha256"]
        lossy = "JPEG Baseline" in fact["ts_name"] or "JPEG Extended" in fact["ts_name"]
        close = lossy and abs(float(decoded.mean()) - fact["frame0_mean"]) < 0.05
        if not exact and not close:
            wrong.append(name)
    assert wrong == []
