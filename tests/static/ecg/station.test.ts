import { beforeEach, describe, expect, it } from "vitest";
import { Problem } from "../../../static/src/api/problem.ts";
import { bindingsOf } from "../../../static/src/ecg/bindings.ts";
import { readingOf } from "../../../static/src/ecg/caliper.ts";
import type { EcgAnswer, EcgSummary } from "../../../static/src/ecg/recording.ts";
import {
	pagesOf,
	pxPerMmOf,
	type Source,
	Station,
	scaleTruth,
	shownPage,
} from "../../../static/src/ecg/station.ts";
import { Keyboard, type KeyLike } from "../../../static/src/kit/keys.ts";
import { CSS_PX_PER_MM } from "../../../static/src/ui/screen/screen.ts";
import { answerOf, group, squareWave, TWELVE, twelveLeads } from "./recordings.ts";

const summary = (uid: string): EcgSummary => ({
	sop_instance_uid: uid,
	series_instance_uid: "1",
	kind: "twelve_lead",
	acquired_at: null,
});

class FakeSource implements Source {
	readonly asked: string[] = [];
	ecgs: EcgSummary[] = [summary("2.25.6"), summary("2.25.7")];
	make: (uid: string, startMs: number) => EcgAnswer = (uid) => ({ ...twelveLeads(), sop_instance_uid: uid });
	failure: Error | null = null;

	async list(): Promise<readonly EcgSummary[]> {
		if (this.failure) throw this.failure;
		return this.ecgs;
	}
	async get(_study: string, uid: string, startMs: number): Promise<EcgAnswer> {
		this.asked.push(`${uid}@${startMs}`);
		return this.make(uid, startMs);
	}
}

let source: FakeSource;
let station: Station;
beforeEach(() => {
	source = new FakeSource();
	station = new Station(source);
});

describe("opening", () => {
	it("takes the latest recording, or the named one", async () => {
		await station.open("1.2");
		expect(station.now.recording?.answer.sop_instance_uid).toBe("2.25.7");
		expect(station.now.opening).toBe("ready");
		await station.open("1.2", "2.25.6");
		expect(station.now.recording?.answer.sop_instance_uid).toBe("2.25.6");
	});

	it("says when the study has none", async () => {
		source.ecgs = [];
		await station.open("1.2");
		expect(station.now.opening).toBe("none");
	});

	it("keeps the refusal of the server", async () => {
		source.failure = new Problem({ status: 422, code: "ecg.damaged" });
		await station.open("1.2");
		expect(station.now).toMatchObject({ opening: "failed", problem: { code: "ecg.damaged" } });
		source.failure = null;
		await station.open("1.2");
		expect(station.now).toMatchObject({ opening: "ready", problem: null });
	});

	it("lets the later of two openings win, whichever answer comes first", async () => {
		let release: (answer: EcgAnswer) => void = () => undefined;
		const slow = new Promise<EcgAnswer>((resolve) => {
			release = resolve;
		});
		const quick = source.get.bind(source);
		source.get = (study, uid, startMs) => (uid === "2.25.6" ? slow : quick(study, uid, startMs));
		const first = station.open("1.2", "2.25.6");
		await station.open("1.2", "2.25.7");
		release({ ...twelveLeads(), sop_instance_uid: "2.25.6" });
		await first;
		expect(station.now.recording?.answer.sop_instance_uid).toBe("2.25.7");
	});
});

describe("scale", () => {
	it("is CSS's until calibrated, then the display's; fitting is never called true", async () => {
		await station.open("1.2");
		const page = shownPage(station.now);
		if (!page) throw new Error("no page");
		expect(pxPerMmOf(station.now, page, 900)).toBe(CSS_PX_PER_MM);
		expect(scaleTruth(station.now)).toBe("not_calibrated");
		station.displayed(5.3, 1);
		expect(pxPerMmOf(station.now, page, 900)).toBe(5.3);
		expect(pxPerMmOf(station.now, page, 3000)).toBe(5.3);
		expect(scaleTruth(station.now)).toBe("true");
		station.displayed(5.3, 1.4);
		expect(scaleTruth(station.now)).toBe("magnified");
		station.toggleFit();
		expect(pxPerMmOf(station.now, page, 900)).toBe(900 / page.widthMm);
		expect(scaleTruth(station.now)).toBe("fitted");
	});

	it("tells nobody when the display is as it was", () => {
		let told = 0;
		station.state.subscribe(() => {
			told += 1;
		});
		station.displayed(4, 1);
		station.displayed(4, 1);
		expect(told).toBe(2);
	});
});

describe("pages", () => {
	const long = (uid: string, startMs: number): EcgAnswer => {
		const samples = squareWave(100, 60).slice(0, 100 * Math.min(60, 125 - startMs / 1000));
		const groups = [
			group(
				100,
				TWELVE.map((name) => ({ name, samples })),
				{ offset_ms: startMs },
			),
		];
		return answerOf(groups, {
			sop_instance_uid: uid,
			duration_ms: 125_000,
			window_start_ms: startMs,
			window_end_ms: Math.min(startMs + 60_000, 125_000),
		});
	};

	it("turn inside what was fetched, and fetch what was not", async () => {
		source.make = long;
		await station.open("1.2");
		expect(pagesOf(station.now)).toEqual({ back: false, forward: true });
		for (let turn = 0; turn < 5; turn += 1) await station.turnPage(1);
		expect(station.now.pageFromMs).toBe(50_000);
		expect(source.asked).toEqual(["2.25.7@0"]);
		await station.turnPage(1);
		expect(source.asked).toEqual(["2.25.7@0", "2.25.7@60000"]);
		expect(shownPage(station.now)).toMatchObject({ fromMs: 60_000, toMs: 70_000 });
		await station.turnPage(-1);
		expect(source.asked.at(-1)).toBe("2.25.7@0");
		expect(station.now.pageFromMs).toBe(50_000);
	});

	it("end with the recording", async () => {
		source.make = long;
		await station.open("1.2");
		for (let turn = 0; turn < 20; turn += 1) await station.turnPage(1);
		expect(shownPage(station.now)).toMatchObject({ fromMs: 120_000, toMs: 125_000 });
		expect(pagesOf(station.now)).toEqual({ back: true, forward: false });
	});
});

describe("the caliper", () => {
	it("opens on two machine-found beats of the page and closes again", async () => {
		source.make = (uid) => ({
			...twelveLeads(),
			sop_instance_uid: uid,
			machine_rate: { rate_per_minute: 69, r_peaks_ms: [1000, 1870, 2740, 3610, 4480] },
		});
		await station.open("1.2");
		station.toggleCaliper();
		const { caliper } = station.now;
		expect(caliper && readingOf(caliper).ms).toBe(870);
		station.moveLine("second", 1);
		expect(station.now.caliper && readingOf(station.now.caliper).ms).toBe(872);
		station.toggleCaliper();
		expect(station.now.caliper).toBeNull();
	});
});

describe("keys", () => {
	const press = (key: string, more: Partial<KeyLike> = {}): boolean => {
		const board = new Keyboard();
		board.bind(bindingsOf(station, () => undefined));
		return board.handle({
			key,
			keyCode: 0,
			ctrlKey: false,
			metaKey: false,
			altKey: false,
			shiftKey: false,
			isComposing: false,
			target: null,
			defaultPrevented: false,
			preventDefault: () => undefined,
			...more,
		});
	};

	it("change gain, speed, layout, caliper and fit", async () => {
		await station.open("1.2");
		press("]");
		expect(station.now.gain).toBe(20);
		press("[");
		press("[");
		expect(station.now.gain).toBe(5);
		press(".");
		expect(station.now.speed).toBe(50);
		press("-");
		press(",");
		expect(station.now.speed).toBe(12.5);
		press("g");
		expect(station.now.layout).toBe("3x4+3");
		press("G", { shiftKey: true });
		expect(station.now.layout).toBe("3x4+1");
		press("c");
		expect(station.now.caliper).not.toBeNull();
		press("f");
		expect(station.now.fit).toBe(true);
	});

	it("mean the same under a Chinese input method's punctuation", async () => {
		await station.open("1.2");
		press("】");
		press("。");
		expect([station.now.gain, station.now.speed]).toEqual([20, 50]);
	});

	it("are left alone while characters are being composed or text is written", async () => {
		await station.open("1.2");
		expect(press("c", { isComposing: true })).toBe(false);
		expect(press("c", { keyCode: 229 })).toBe(false);
		const field = { tagName: "TEXTAREA", getAttribute: () => null } as unknown as EventTarget;
		expect(press("c", { target: field })).toBe(false);
		expect(station.now.caliper).toBeNull();
	});

	it("do nothing before there is a recording", () => {
		expect(press("c")).toBe(false);
	});
});

describe("layouts", () => {
	it("that the recording cannot fill are not taken", async () => {
		source.make = (uid) => ({
			...answerOf([group(500, [{ name: "II", samples: squareWave(500, 10) }])]),
			sop_instance_uid: uid,
		});
		await station.open("1.2");
		station.setLayout("12x1");
		expect(station.now.layout).toBe("3x4+1");
		expect(shownPage(station.now)?.segments.map(({ lead }) => lead)).toEqual(["II"]);
	});
});
