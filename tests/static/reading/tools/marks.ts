/** Marks, stations and servers for the tests of the tools. */
import { DecodePool } from "../../../../static/src/reading/decode/pool.ts";
import type { ImageForm, Series } from "../../../../static/src/reading/manifest.ts";
import type { Samples } from "../../../../static/src/reading/samples.ts";
import type { Point } from "../../../../static/src/reading/space.ts";
import { Station } from "../../../../static/src/reading/station.ts";
import type { Mark, MarkKind } from "../../../../static/src/reading/tools/mark.ts";
import type { Kept, MarkStore, Outcome } from "../../../../static/src/reading/tools/sync.ts";
import { toolTexts } from "../../../../static/src/reading/tools/texts.ts";
import { aForm, aSeries, aStudy } from "../studies.ts";

export const WORDS = toolTexts.zh;

export function points(...pairs: readonly (readonly [number, number])[]): Point[] {
	return pairs.map(([x, y]) => ({ x, y }));
}

export function aMark(changes: Partial<Mark> = {}): Mark {
	return {
		id: "ffffffff-0000-4000-8000-000000000001",
		kind: "length",
		seriesUid: "1.2.3",
		sopInstanceUid: "1.2.0",
		frameNumber: 1,
		points: points([10, 10], [40, 50]),
		text: "",
		author: null,
		...changes,
	};
}

let made = 0;

/** A mark with an id of its own. */
export function another(kind: MarkKind, at: readonly Point[], changes: Partial<Mark> = {}): Mark {
	made += 1;
	const id = `00000000-0000-4000-8000-${String(made).padStart(12, "0")}`;
	return aMark({ id, kind, points: at, ...changes });
}

/** A station whose frames are all here. */
export class Ready extends Station {
	pixels: Samples | undefined;

	override samples(): Samples | undefined {
		return this.pixels;
	}
}

export const SQUARE: ImageForm = aForm({ rows: 100, columns: 100 });

/** A station that shows these series; the panes are 400 pixels square. */
export function aReadyStation(series: readonly Series[] = [aSeries(5, {}, SQUARE)]): Ready {
	const silent = { postMessage: () => undefined, onmessage: null, onerror: null, terminate: () => undefined };
	const station = new Ready({
		studyInstanceUid: "1.2",
		fetch: () => new Promise(() => undefined),
		pool: new DecodePool({ makeWorker: () => ({ ...silent }), workers: 1, wasmUrl: "" }),
		shared: false,
		bytesMax: 1e6,
	});
	station.study.set(aStudy(series));
	for (const pane of station.panes) pane.size = { width: 400, height: 400 };
	station.showSeries(series[0]?.uid ?? "");
	station.activePane.goTo(0);
	return station;
}

/** A server in memory that keeps versions as ours does. */
export class MemoryMarks implements MarkStore {
	readonly kept = new Map<string, Kept & { removed: boolean }>();
	readonly heard: string[] = [];
	answer: Outcome | null = null;

	async list(): Promise<readonly Kept[]> {
		if (this.answer?.kind === "offline") throw new Error("offline");
		return [...this.kept.values()].filter(({ removed }) => !removed);
	}

	async put(mark: Mark, version: number): Promise<Outcome> {
		return this.#write("put", mark, version, false);
	}

	async remove(id: string, version: number): Promise<Outcome> {
		const known = this.kept.get(id);
		return known === undefined ? { kind: "outdone" } : this.#write("remove", known.mark, version, true);
	}

	#write(verb: string, mark: Mark, version: number, removed: boolean): Outcome {
		if (this.answer !== null) return this.answer;
		if ((this.kept.get(mark.id)?.version ?? 0) !== version) return { kind: "outdone" };
		this.heard.push(`${verb} ${mark.kind} ${version}`);
		this.kept.set(mark.id, { mark, version: version + 1, own: true, removed });
		return { kind: "kept", version: version + 1 };
	}
}
