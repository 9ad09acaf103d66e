import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PAUSE_MS, PatientFinder, sharesName } from "../../../../static/src/consults/request/finder.ts";
import { PATIENT } from "../case/consult.ts";

describe("searching a patient while typing", () => {
	beforeEach(() => {
		vi.useFakeTimers();
	});
	afterEach(() => {
		vi.useRealTimers();
	});

	it("asks once after a pause, for the last text", async () => {
		const asked: string[] = [];
		const finder = new PatientFinder(async (text) => {
			asked.push(text);
			return [PATIENT];
		});
		finder.ask("l");
		finder.ask("lg ");
		await vi.advanceTimersByTimeAsync(PAUSE_MS - 1);
		expect(asked).toEqual([]);
		await vi.advanceTimersByTimeAsync(1);
		expect(asked).toEqual(["lg"]);
		expect(finder.state.value).toEqual({ asked: "lg", patients: [PATIENT], problem: null });
	});

	it("drops a slow answer to an old question", async () => {
		const answers: ((found: readonly (typeof PATIENT)[]) => void)[] = [];
		const finder = new PatientFinder(() => new Promise((answer) => answers.push(answer)));
		finder.ask("a");
		await vi.advanceTimersByTimeAsync(PAUSE_MS);
		finder.ask("b");
		await vi.advanceTimersByTimeAsync(PAUSE_MS);
		answers[1]?.([]);
		answers[0]?.([PATIENT]);
		await vi.advanceTimersByTimeAsync(0);
		expect(finder.state.value).toMatchObject({ asked: "b", patients: [] });
	});

	it("empties with the field and tells a failure", async () => {
		const finder = new PatientFinder(async () => {
			throw new TypeError("no line");
		});
		finder.ask("a");
		await vi.advanceTimersByTimeAsync(PAUSE_MS);
		expect(finder.state.value.problem).toBeInstanceOf(TypeError);
		finder.ask(" ");
		expect(finder.state.value).toEqual({ asked: "", patients: [], problem: null });
	});

	it("asks nothing after it was stopped", async () => {
		let asked = 0;
		const finder = new PatientFinder(async () => {
			asked += 1;
			return [];
		});
		finder.ask("a");
		finder.stop();
		await vi.advanceTimersByTimeAsync(10 * PAUSE_MS);
		expect(asked).toBe(0);
	});

	it("warns of equal names", () => {
		expect(sharesName([PATIENT, { ...PATIENT, patient_id: "p2" }])).toBe(true);
		expect(sharesName([PATIENT, { ...PATIENT, name: "覃桂兰" }])).toBe(false);
	});
});
