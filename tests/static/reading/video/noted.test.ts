import { describe, expect, it } from "vitest";
import { codingOf, hasSound, rateSaid, warnings } from "../../../../static/src/reading/video/noted.ts";
import { reasonSaid, videoTexts } from "../../../../static/src/reading/video/texts.ts";
import { aRendition, aVideo } from "./renditions.ts";

const words = videoTexts.zh;

describe("what is said of a video", () => {
	it("is nothing where all is as its object says", () => {
		expect(warnings(aVideo(), aRendition(), words)).toEqual([]);
		expect(warnings(aVideo({ frames: 101, frameTimeMs: null }), aRendition(), words)).toEqual([]);
		expect(warnings(aVideo({ frames: 1 }), aRendition(), words)).toEqual([]);
	});

	it("is that frames are missing", () => {
		expect(warnings(aVideo({ frames: 130 }), aRendition(), words)).toEqual([
			"应有 130 帧，实有 100 帧，可能不完整",
		]);
	});

	it("is that it runs at another rate than its object says, not that 29.97 is 30", () => {
		expect(warnings(aVideo({ frameTimeMs: 20 }), aRendition(), words)).toEqual(["对象记 50 帧/秒"]);
		const television = aRendition({ frame_time_ms: 1001 / 30 });
		expect(warnings(aVideo({ frameTimeMs: 1000 / 30 }), television, words)).toEqual([]);
		expect(rateSaid(television, words)).toBe("29.97 帧/秒");
	});

	it("is that its sound was left out", () => {
		expect(warnings(aVideo(), aRendition({ sound_left_out: true }), words)).toEqual(["声音未保留"]);
	});

	it("names codings, and knows which have sound", () => {
		const types = ['video/mp4; codecs="avc1.640029, mp4a.40.2"', 'video/webm; codecs="vp9"', "video/mp4"];
		expect(types.map(codingOf)).toEqual(["avc1.640029", "vp9", "video/mp4"]);
		expect(types.map((media_type) => hasSound(aRendition({ media_type })))).toEqual([true, false, false]);
	});

	it("has a sentence for each reason", () => {
		expect(reasonSaid("video.codec_differs", words)).toBe("视频编码与文件声明的不一致");
		expect(reasonSaid("video.none", videoTexts.en)).toBe("The file holds no video");
	});
});
