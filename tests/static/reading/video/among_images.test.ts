import { afterEach, describe, expect, it, vi } from "vitest";
import { followCine } from "../../../../static/src/reading/cine.ts";
import { type Command, isVideo, offered, togglePlay } from "../../../../static/src/reading/commands.ts";
import { cornersOf } from "../../../../static/src/reading/corners.ts";
import { type Frame, ManifestRefused, parseManifest } from "../../../../static/src/reading/manifest.ts";
import { Pane } from "../../../../static/src/reading/pane.ts";
import type { Station } from "../../../../static/src/reading/station.ts";
import { texts } from "../../../../static/src/reading/texts.ts";
import { aFrame, aSeries, aStudy, wireManifest, wireSeries } from "../studies.ts";
import { aVideo } from "./renditions.ts";

function aVideoFrame(index: number): Frame {
	return { ...aFrame(index, null), position: null, problem: "pixels.video", video: aVideo() };
}

function aPane(frames: Frame[]): Pane {
	const pane = new Pane();
	pane.show(aSeries(0, { modality: "ES", frames }));
	return pane;
}

function stationOf(pane: Pane): Station {
	return { activePane: pane, shows: () => true, problemOf: () => "pixels.video" } as unknown as Station;
}

describe("the manifest of videos", () => {
	const wire = { frame: 1, url: "/api/videos/v/1.2/", frames: 75, frame_time_ms: 40 };
	const parsed = (videos: unknown) =>
		parseManifest({ ...wireManifest(), series: [{ ...wireSeries(), videos }] }).series[0]?.frames ?? [];

	it("gives a video to its frame and to no other", () => {
		expect(parsed([wire]).map((one) => one.video)).toEqual([
			undefined,
			{ url: "/api/videos/v/1.2/", frames: 75, frameTimeMs: 40 },
			undefined,
		]);
		expect(parsed([{ ...wire, frame_time_ms: null }])[1]?.video?.frameTimeMs).toBeNull();
		expect(parsed(undefined).every((one) => one.video === undefined)).toBe(true);
	});

	it.each(["https://elsewhere/api/videos/v/", "//elsewhere/", "/dicom-web/"])(
		"is refused with an address like %s",
		(url) => expect(() => parsed([{ ...wire, url }])).toThrow(ManifestRefused),
	);
});

describe("a video among images", () => {
	afterEach(() => vi.useRealTimers());

	it("takes the steps of slices until its end, then the next object has its turn", () => {
		const pane = aPane([aVideoFrame(0), aVideoFrame(1)]);
		const steps: number[] = [];
		const ends: boolean[] = [];
		pane.film = {
			step: (by) => {
				steps.push(by);
				return steps.length < 3;
			},
			toEnd: (last) => void ends.push(last),
		};
		for (let i = 0; i < 2; i++) pane.scroll(1);
		expect([pane.state.value.index, steps]).toEqual([0, [1, 1]]);
		pane.scroll(1);
		expect(pane.state.value.index).toBe(1);
		pane.scroll(0);
		expect(steps).toHaveLength(3);
		pane.toEnd(true);
		pane.toEnd(false);
		expect([pane.state.value.index, ends]).toEqual([1, [true, false]]);
	});

	it("leaves the ends of a series to series", () => {
		const pane = aPane([aFrame(0), aFrame(1), aFrame(2)]);
		pane.toEnd(true);
		expect(pane.state.value.index).toBe(2);
		pane.toEnd(false);
		expect(pane.state.value.index).toBe(0);
	});

	it("plays by the key of cine, though it is one frame, and goes on by itself", () => {
		vi.useFakeTimers();
		const pane = aPane([aVideoFrame(0), aVideoFrame(1)]);
		const station = stationOf(pane);
		const stop = followCine(station, pane);
		togglePlay(station);
		expect(pane.state.value.playing).toBe(true);
		vi.advanceTimersByTime(1000);
		expect(pane.state.value.index).toBe(0);
		stop();
		const alone = aPane([aVideoFrame(0)]);
		togglePlay(stationOf(alone));
		expect(alone.state.value.playing).toBe(true);
		const still = aPane([aFrame(0)]);
		togglePlay(stationOf(still));
		expect(still.state.value.playing).toBe(false);
	});

	it("is offered no tool that needs the values of pixels", () => {
		const ids = [
			..."tool.window tool.pan tool.zoom tool.scroll tool.length tool.crosshair preset.1 invert mpr".split(
				" ",
			),
			..."rendering fusion key link mark.place nudge.ArrowUp play slice.next zoom.in turn.right keys".split(
				" ",
			),
			..."report.fold layout marks overlays".split(" "),
		];
		const acts = ids.map((id) => ({ id }) as Command);
		const film = aPane([aVideoFrame(0)]).state.value;
		expect(isVideo(film)).toBe(true);
		expect(offered(acts, film).map(({ id }) => id)).toEqual(
			"tool.pan tool.zoom tool.scroll play slice.next zoom.in turn.right keys report.fold layout marks overlays".split(
				" ",
			),
		);
		expect(offered(acts, aPane([aFrame(0)]).state.value)).toBe(acts);
		expect(offered(acts, undefined)).toBe(acts);
	});

	it("is called a video in the corners, without slices, places or what is loaded", () => {
		const pane = aPane([aVideoFrame(0), aVideoFrame(1)]);
		const stack = { ...aSeries(1).stack, byPosition: false };
		pane.show(aSeries(0, { uid: "9", modality: "ES", frames: [aVideoFrame(0), aVideoFrame(1)], stack }));
		const corners = cornersOf(
			{
				study: aStudy([]),
				state: pane.state.value,
				voi: null,
				zoomPercent: 100,
				loaded: 0,
				arrived: false,
				preview: false,
				source: null,
				following: null,
			},
			texts.zh,
		);
		expect(corners?.place).toEqual(["视频 1/2"]);
		expect([corners?.loaded, corners?.notices]).toEqual(["", []]);
		expect(corners?.label).toBe("肺窗，视频 1，共 2 段");
	});
});
