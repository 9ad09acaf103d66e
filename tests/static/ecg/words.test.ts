import { afterEach, describe, expect, it } from "vitest";
import { recordingOf } from "../../../static/src/ecg/recording.ts";
import { texts } from "../../../static/src/ecg/texts.ts";
import {
	derivedWords,
	filterWords,
	layoutWord,
	measureText,
	patientName,
	recordedAt,
	samplingWords,
	seconds,
} from "../../../static/src/ecg/words.ts";
import { setLocale } from "../../../static/src/kit/i18n.ts";
import { answerOf, group, twelveLeads } from "./recordings.ts";

afterEach(() => setLocale("zh"));

describe("sentences", () => {
	it("state filters as the recorder does", () => {
		expect(filterWords({ low_hz: 0.05, high_hz: 150, notch_hz: 50 })).toBe("0.05–150 Hz · 50 Hz 陷波");
		expect(filterWords({ low_hz: 0.05, high_hz: 300, notch_hz: 0 })).toBe("0.05–300 Hz");
		expect(filterWords(null)).toBe("滤波未注明");
		setLocale("en");
		expect(filterWords({ low_hz: 0.05, high_hz: 150, notch_hz: 50 })).toBe("0.05–150 Hz · 50 Hz notch");
	});

	it("write the recorder's own clock", () => {
		expect(recordedAt("2026-11-21T10:38:12+08:00")).toBe("2026-11-21 10:38:12");
		expect(recordedAt("2013-01-25T10:59:19")).toBe("2013-01-25 10:59:19");
		expect(recordedAt(null)).toBe("采集时间不详");
	});

	it("say what was sampled and what was computed", () => {
		const samples = Int16Array.of(1);
		const recording = recordingOf(
			answerOf([
				group(500, [
					{ name: "I", samples, microvoltsPerUnit: 4.88 },
					{ name: "III", samples: Int32Array.of(1), derived: true },
					{ name: "aVR", samples: Int32Array.of(1), derived: true },
				]),
			]),
		);
		expect(samplingWords(recording)).toBe("原始采样 500 Hz · 4.88 µV/位");
		expect(derivedWords(recording)).toBe("III aVR 由 I、II 推算");
		expect(derivedWords(recordingOf(twelveLeads()))).toBe("");
	});

	it("name layouts, values and the patient", () => {
		expect(layoutWord("3x4+1")).toBe("3×4+1");
		const row = { source: "recorder", limits: null, flag: null } as const;
		expect(measureText({ ...row, key: "rate", value: 61 })).toBe("61 次/分");
		expect(measureText({ ...row, key: "axis", value: -31 })).toBe("−31°");
		expect(measureText({ ...row, key: "pr", value: 161 })).toBe("161 ms");
		expect(patientName(twelveLeads())).toBe("单建国");
		expect(seconds(2500)).toBe("2.5");
	});

	it("take the same facts in both languages", () => {
		const facts = (sentence: string): string[] => (sentence.match(/\{\w+\}/g) ?? []).sort();
		for (const key of Object.keys(texts.zh) as (keyof typeof texts.zh)[]) {
			expect(facts(texts.en[key]), key).toEqual(facts(texts.zh[key]));
		}
	});
});
