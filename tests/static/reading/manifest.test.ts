import { describe, expect, it } from "vitest";
import {
	imageSeries,
	ManifestRefused,
	openingFrame,
	openingSeries,
	parseManifest,
	readable,
	type SeriesKind,
} from "../../../static/src/reading/manifest.ts";
import { aSeries, aStudy, figures, wireManifest, wireSeries } from "./studies.ts";

describe("the manifest", () => {
	it("is read into our own words", () => {
		const study = parseManifest(wireManifest());
		expect(study.patient).toEqual({ name: "罗桂兰", id: "7", birthDate: "19630208", sex: "F", age: "063Y" });
		const series = study.series[0];
		expect(series?.pack).toEqual({ url: "/api/packs/p/1.2/frames/", blockFrames: 2 });
		expect(series?.stack).toMatchObject({ missingAfter: [1], tiltDegrees: 18.5, spacingMm: 2.5 });
		expect(series?.technique.kvp).toBe(120);
		expect(series?.frames.map((one) => [one.sopInstanceUid, one.position])).toEqual([
			["1.2.3.0", [0, 0, 0]],
			["1.2.3.1", [0, 0, 1]],
			["1.2.3.2", [0, 0, 2]],
		]);
		const form = series?.frames[0]?.form;
		expect(form).toBe(series?.frames[2]?.form);
		expect(form?.windows).toEqual([{ center: 40, width: 80, explanation: "BRAIN" }]);
		expect(form?.spacing).toEqual({ rowMm: 0.5, columnMm: 0.25, source: "pixel" });
		expect(form?.padding).toEqual([5, 9]);
		expect([...(form?.palette?.entries ?? [])]).toEqual([1, 0xff00, 0x0203]);
		expect(form?.shutter).toEqual({
			rectangle: [1, 4, 0, 3],
			circle: [5, 6, 2.5],
			polygon: [
				[1, 1],
				[1, 9],
				[9, 9],
			],
			level: 7,
		});
		expect(form?.suvFactor).toBe(0.25);
		expect(form?.pixelAspect).toBe(0.5);
	});

	it("is refused at the field that does not fit, whatever stands there", () => {
		const random = figures(1);
		const wrong: readonly unknown[] = [
			undefined,
			{},
			[],
			"x",
			Number.NaN,
			Number.POSITIVE_INFINITY,
			true,
			-1,
			[1, 2, "3"],
		];
		let refused = 0;
		for (let round = 0; round < 600; round++) {
			const manifest = wireManifest();
			const [holder, name] = somewhere(manifest, random);
			Reflect.set(holder, name, wrong[Math.floor(random() * wrong.length)]);
			try {
				parseManifest(JSON.parse(JSON.stringify(manifest)));
			} catch (error) {
				expect(error).toBeInstanceOf(ManifestRefused);
				refused += 1;
			}
		}
		expect(refused).toBeGreaterThan(300);
	});

	it("is refused when it is none at all", () => {
		for (const value of [null, 1, "", [], {}]) expect(() => parseManifest(value)).toThrow(ManifestRefused);
	});

	it("never leads to another origin", () => {
		for (const url of ["https://elsewhere.example/", "//elsewhere.example/", "/other/", ""]) {
			const manifest = wireManifest();
			const series = (manifest.series as Record<string, unknown>[])[0] as Record<string, unknown>;
			series.pack = { pack_id: "p", url, block_frames: 2 };
			expect(() => parseManifest(manifest)).toThrow(ManifestRefused);
		}
	});

	it("says where previews are, when there are any, and only on this server", () => {
		const withPreviews = (previews_url: unknown): unknown => {
			const series = { ...wireSeries(), pack: { url: "/api/packs/p/", block_frames: 2, previews_url } };
			return { ...wireManifest(), series: [series] };
		};
		const packOf = (url: unknown) => parseManifest(withPreviews(url)).series[0]?.pack;
		expect(packOf("/api/packs/p/1.2/previews/")?.previewsUrl).toBe("/api/packs/p/1.2/previews/");
		for (const none of [null, undefined]) expect(packOf(none)?.previewsUrl).toBeUndefined();
		for (const bad of ["https://elsewhere.example/api/packs/", "//elsewhere.example/", "", 7]) {
			expect(() => packOf(bad)).toThrow(ManifestRefused);
		}
	});

	it("refuses frames that point nowhere", () => {
		for (const change of [{ instance: 9 }, { form: 4 }, { instance: -1 }, { position: [1, 2] }]) {
			const manifest = wireManifest();
			const series = (manifest.series as Record<string, unknown>[])[0] as Record<string, unknown>;
			const frames = series.frames as Record<string, unknown>[];
			Object.assign(frames[1] as object, change);
			expect(() => parseManifest(manifest)).toThrow(ManifestRefused);
		}
	});
});

describe("the opening series", () => {
	it("is the first that is not a mere localizer", () => {
		expect(openingSeries(aStudy([aSeries(2), aSeries(54), aSeries(60)]))).toBe(1);
		expect(openingSeries(aStudy([aSeries(1)]))).toBe(0);
		expect(openingSeries(aStudy([aSeries(0, { kind: "ecg" }), aSeries(3)]))).toBe(1);
	});

	it("is never one of masks, however many they are", () => {
		const masks = aSeries(90, { uid: "9", modality: "SEG" });
		expect(openingSeries(aStudy([masks, aSeries(1)]))).toBe(1);
	});

	it("is one of masks where there is nothing else", () => {
		const masks = aSeries(90, { uid: "9", modality: "SEG" });
		expect(openingSeries(aStudy([aSeries(0, { kind: "other" }), masks]))).toBe(1);
	});

	it("is none where there are no images", () => {
		expect(openingSeries(aStudy([]))).toBe(-1);
		expect(openingSeries(aStudy([aSeries(0, { kind: "other" })]))).toBe(-1);
	});
});

describe("the series that can be read", () => {
	const of = (kind: SeriesKind, uid: string) => aSeries(kind === "image" ? 3 : 0, { kind, uid });

	it("are images and traces in the order of the study, whatever stands between them", () => {
		const kinds: SeriesKind[] = ["other", "image", "ecg", "other", "image"];
		const study = aStudy(kinds.map((kind, i) => of(kind, `${i}`)));
		expect(readable(study).map(({ uid }) => uid)).toEqual(["1", "2", "4"]);
		expect(readable(aStudy([of("other", "0")]))).toEqual([]);
	});

	it("are masks only where there is nothing else", () => {
		const [masks, plan] = [aSeries(90, { uid: "9", modality: "SEG" }), of("other", "0")];
		expect(readable(aStudy([masks, plan]))).toEqual([masks]);
		for (const kind of ["image", "ecg"] as const) {
			const one = of(kind, "1");
			expect(readable(aStudy([masks, one]))).toEqual([one]);
		}
	});

	it("are images in the strict sense when they have frames", () => {
		const study = aStudy([of("ecg", "1"), of("image", "2"), aSeries(0, { uid: "3" }), of("other", "4")]);
		expect(imageSeries(study).map(({ uid }) => uid)).toEqual(["2"]);
	});

	it("have as many objects as the server names", () => {
		const study = parseManifest(wireManifest(5));
		expect(study.series.map(({ objects }) => objects)).toEqual(
			study.series.map(({ frames }) => frames.length),
		);
	});
});

/** Some object of the manifest that holds a value, and the value's name. */
function somewhere(value: object, random: () => number): [object, string] {
	const names = Object.keys(value);
	const name = names[Math.floor(random() * names.length)] as string;
	const inner: unknown = Reflect.get(value, name);
	const deeper = typeof inner === "object" && inner !== null && Object.keys(inner).length > 0;
	return deeper && random() < 0.75 ? somewhere(inner, random) : [value, name];
}

describe("where a series opens", () => {
	const unordered = { ...aSeries(1).stack, byPosition: false };
	it.each([
		["a CT in its middle", aSeries(54), 27],
		["an odd number of slices, too", aSeries(5, { modality: "MR" }), 2],
		["a single slice", aSeries(1), 0],
		["nothing", aSeries(0), 0],
		["an X-ray at its first view", aSeries(2, { modality: "DX" }), 0],
		["a film at its beginning", aSeries(90, { modality: "US", stack: unordered }), 0],
		["a CT of unknown positions at its first frame", aSeries(54, { stack: unordered }), 0],
	] as const)("%s", (_, series, expected) => {
		expect(openingFrame(series)).toBe(expected);
	});
});
