/** One ECG workspace: what is shown and how, and the acts that change it. No DOM; views follow `state`. */
import { answer, api } from "../api/client.ts";
import { asProblem, type Problem } from "../api/problem.ts";
import { type Readable, Store } from "../kit/store.ts";
import { CSS_PX_PER_MM } from "../ui/screen/screen.ts";
import { type Caliper, type Line, moved, openedAt, placed } from "./caliper.ts";
import { LAYOUTS, type LayoutId, layoutFits, PAGE_MS, type Page, pageOf } from "./layout.ts";
import { GAINS_MM_PER_MV, type Gain, SPEEDS_MM_PER_S, type Speed, stepped } from "./paper.ts";
import { type EcgAnswer, type EcgSummary, type Recording, recordingOf } from "./recording.ts";

export type Opening = "loading" | "ready" | "none" | "failed";
/** Why millimetres are or are not true. */
export type ScaleTruth = "true" | "not_calibrated" | "fitted" | "magnified";

export interface StationState {
	readonly opening: Opening;
	readonly problem: Problem | null;
	readonly ecgs: readonly EcgSummary[];
	readonly recording: Recording | null;
	readonly layout: LayoutId;
	readonly speed: Speed;
	readonly gain: Gain;
	readonly fit: boolean;
	readonly pageFromMs: number;
	readonly caliper: Caliper | null;
	/** CSS pixels per millimetre found by calibration on this display. */
	readonly calibratedPxPerMm: number | null;
	/** Pinch zoom of a phone or touchpad; 1 is none. */
	readonly magnification: number;
}

/** How recordings are fetched; the server's routes outside tests. */
export interface Source {
	list(studyInstanceUid: string): Promise<readonly EcgSummary[]>;
	get(studyInstanceUid: string, sopInstanceUid: string, startMs: number): Promise<EcgAnswer>;
}

const WINDOW_MS = 60_000;

export const serverSource: Source = {
	async list(study_instance_uid) {
		const path = { study_instance_uid };
		const found = await answer(api.GET("/api/studies/{study_instance_uid}/ecgs", { params: { path } }));
		return found.ecgs;
	},
	get(study_instance_uid, sop_instance_uid, start_ms) {
		const path = { study_instance_uid, sop_instance_uid };
		const query = { start_ms, window_ms: WINDOW_MS };
		return answer(
			api.GET("/api/studies/{study_instance_uid}/ecgs/{sop_instance_uid}", { params: { path, query } }),
		);
	},
};

const AT_FIRST: StationState = {
	opening: "loading",
	problem: null,
	ecgs: [],
	recording: null,
	layout: "3x4+1",
	speed: 25,
	gain: 10,
	fit: false,
	pageFromMs: 0,
	caliper: null,
	calibratedPxPerMm: null,
	magnification: 1,
};

export class Station {
	readonly #state = new Store<StationState>(AT_FIRST);
	readonly #source: Source;
	#study = "";
	#attempt = 0;

	constructor(source: Source = serverSource) {
		this.#source = source;
	}

	get state(): Readable<StationState> {
		return this.#state;
	}

	get now(): StationState {
		return this.#state.value;
	}

	#set(change: Partial<StationState>): void {
		this.#state.set({ ...this.now, ...change });
	}

	/** Opens the named recording of a study, or its latest. A later call wins over an earlier one's answer. */
	async open(studyInstanceUid: string, sopInstanceUid: string | null = null): Promise<void> {
		this.#study = studyInstanceUid;
		await this.#load(async () => {
			const ecgs = await this.#source.list(studyInstanceUid);
			const chosen = sopInstanceUid ?? ecgs.at(-1)?.sop_instance_uid;
			if (chosen === undefined) return { opening: "none", ecgs };
			const found = await this.#source.get(studyInstanceUid, chosen, 0);
			return { opening: "ready", ecgs, recording: recordingOf(found), pageFromMs: 0, caliper: null };
		});
	}

	async choose(sopInstanceUid: string): Promise<void> {
		await this.#load(async () => {
			const found = await this.#source.get(this.#study, sopInstanceUid, 0);
			return { opening: "ready", recording: recordingOf(found), pageFromMs: 0, caliper: null };
		});
	}

	async #load(work: () => Promise<Partial<StationState>>): Promise<void> {
		this.#attempt += 1;
		const attempt = this.#attempt;
		if (this.now.recording === null) this.#set({ opening: "loading", problem: null });
		let change: Partial<StationState>;
		try {
			change = { problem: null, ...(await work()) };
		} catch (thrown) {
			change = { opening: "failed", problem: asProblem(thrown) };
		}
		if (attempt === this.#attempt) this.#set(change);
	}

	setLayout(layout: LayoutId): void {
		if (layoutFits(layout, this.leads)) this.#set({ layout });
	}

	nextLayout(by: 1 | -1): void {
		const possible = LAYOUTS.filter((layout) => layoutFits(layout, this.leads));
		const at = possible.indexOf(this.now.layout);
		const next = possible[(at + by + possible.length) % possible.length];
		if (next !== undefined) this.#set({ layout: next });
	}

	setSpeed(speed: Speed): void {
		this.#set({ speed });
	}

	setGain(gain: Gain): void {
		this.#set({ gain });
	}

	faster(by: 1 | -1): void {
		this.#set({ speed: stepped(SPEEDS_MM_PER_S, this.now.speed, by) });
	}

	larger(by: 1 | -1): void {
		this.#set({ gain: stepped(GAINS_MM_PER_MV, this.now.gain, by) });
	}

	toggleFit(): void {
		this.#set({ fit: !this.now.fit });
	}

	/** What the display is known to be now. Told often, so nothing happens while nothing changed. */
	displayed(calibratedPxPerMm: number | null, magnification: number): void {
		const same = calibratedPxPerMm === this.now.calibratedPxPerMm && magnification === this.now.magnification;
		if (!same) this.#set({ calibratedPxPerMm, magnification });
	}

	get leads(): readonly string[] {
		return [...(this.now.recording?.traces.keys() ?? [])];
	}

	/** Ten seconds on or back; what was not fetched yet is fetched. */
	async turnPage(by: 1 | -1): Promise<void> {
		const { recording, pageFromMs } = this.now;
		if (!recording) return;
		const to = pageFromMs + by * PAGE_MS;
		if (to < 0 || to >= recording.durationMs) return;
		if (to >= recording.fromMs && Math.min(to + PAGE_MS, recording.durationMs) <= recording.toMs) {
			this.#set({ pageFromMs: to, caliper: null });
			return;
		}
		const start = Math.max(0, by > 0 ? to : to + PAGE_MS - WINDOW_MS);
		await this.#load(async () => {
			const found = await this.#source.get(this.#study, recording.answer.sop_instance_uid, start);
			return { opening: "ready", recording: recordingOf(found), pageFromMs: to, caliper: null };
		});
	}

	toggleCaliper(): void {
		this.#set({ caliper: this.now.caliper === null ? this.#newCaliper() : null });
	}

	#newCaliper(): Caliper | null {
		const { recording, pageFromMs } = this.now;
		const trace = recording?.traces.get("II") ?? recording?.traces.values().next().value;
		if (!recording || !trace) return null;
		const base = { hz: trace.hz, startMs: trace.startMs, sampleCount: trace.samples.length };
		const toMs = pageToMs(recording, pageFromMs);
		const peaks = (recording.answer.machine_rate?.r_peaks_ms ?? []).filter(
			(ms) => ms >= pageFromMs && ms <= toMs,
		);
		return openedAt(base, pageFromMs + (toMs - pageFromMs) / 3, peaks);
	}

	moveLine(line: Line, bySamples: number): void {
		const { caliper } = this.now;
		if (caliper) this.#set({ caliper: moved(caliper, line, bySamples) });
	}

	placeLine(line: Line, ms: number): void {
		const { caliper } = this.now;
		if (caliper) this.#set({ caliper: placed(caliper, line, ms) });
	}
}

const pageToMs = (recording: Recording, fromMs: number): number =>
	Math.min(fromMs + PAGE_MS, recording.durationMs);

/** The page of a state; null before a recording is there. */
export function shownPage(state: StationState): Page | null {
	const { recording, pageFromMs } = state;
	if (!recording) return null;
	return pageOf({
		layout: state.layout,
		leads: [...recording.traces.keys()],
		fromMs: pageFromMs,
		toMs: pageToMs(recording, pageFromMs),
		speedMmPerS: state.speed,
		gainMmPerMv: state.gain,
	});
}

/** Pixels to the millimetre. Fitting scales both directions alike: 0.4 s stays as long as 1 mV is high. */
export function pxPerMmOf(state: StationState, page: Page, roomWidthPx: number): number {
	if (state.fit && roomWidthPx > 0) return roomWidthPx / page.widthMm;
	return state.calibratedPxPerMm ?? CSS_PX_PER_MM;
}

export function scaleTruth(state: StationState): ScaleTruth {
	if (state.fit) return "fitted";
	if (state.calibratedPxPerMm === null) return "not_calibrated";
	return state.magnification === 1 ? "true" : "magnified";
}

/** Whether there is paper before or after the shown page. */
export function pagesOf(state: StationState): { readonly back: boolean; readonly forward: boolean } {
	const durationMs = state.recording?.durationMs ?? 0;
	return { back: state.pageFromMs > 0, forward: state.pageFromMs + PAGE_MS < durationMs };
}
