import { expect, it } from "vitest";
import { firstFrameOf } from "../../../static/src/pages/first_frame.ts";
import { openingFrame, openingSeries, parseManifest } from "../../../static/src/reading/manifest.ts";
import { wireManifest } from "../reading/studies.ts";

it.each([1, 3, 40])("is the frame that a study of %i slices opens at", (frames) => {
	const study = parseManifest(wireManifest(frames));
	const series = study.series[openingSeries(study)];
	const at = series === undefined ? -1 : openingFrame(series);
	expect(firstFrameOf(wireManifest(frames))).toBe(`${series?.pack?.url}${at}-${at}`);
});

it("is none where there are no images, and where the answer is no manifest", () => {
	expect(firstFrameOf({ ...wireManifest(), series: [] })).toBeNull();
	expect(firstFrameOf({ nothing: true })).toBeNull();
	expect(firstFrameOf(null)).toBeNull();
});
