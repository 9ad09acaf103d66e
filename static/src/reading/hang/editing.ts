/** What the editor of hanging protocols does to one, as pure steps; and the choices it offers. */
import type { Series } from "../manifest.ts";
import { presetsFor } from "../presets.ts";
import type { Protocol, Stage, Use, Window } from "./protocol.ts";

export const MODALITIES = ["CT", "MR", "DX", "CR", "MG", "US", "XA", "RF", "NM", "PT"] as const;

/** Words between commas of either script. */
export function wordsOf(text: string): string[] {
	return text
		.split(/[,，、;；]/)
		.map((word) => word.trim().slice(0, 40))
		.filter((word) => word !== "")
		.slice(0, 8);
}

/** A protocol that begins as the present arrangement, for studies like the one that is open. */
export function begun(id: string, stage: Stage, use: Use, position: number): Protocol {
	return { id, version: 0, name: "", origin: "own", position, canChange: true, use, stages: [stage] };
}

/** A protocol of one's own that begins as another one. */
export function copied(id: string, from: Protocol, position: number): Protocol {
	return { ...from, id, version: 0, origin: "own", position, canChange: true };
}

/** A window as a select holds it. */
export function windowKey(window: Window | null): string {
	return window === null ? "" : `${window.center}/${window.width}`;
}

export function windowFrom(key: string): Window | null {
	const [center, width] = key.split("/").map(Number);
	return center === undefined || width === undefined || !(width > 0) ? null : { center, width };
}

/** The windows that a pane may be given: the presets of the modality, and the one it has. */
export function windowsFor(series: Series | null, held: Window | null): readonly Window[] {
	const presets = presetsFor(series?.modality ?? "CT", series?.bodyPart);
	const listed = presets.map(({ center, width }) => ({ center, width }));
	const known = listed.map(windowKey);
	const all = held === null || known.includes(windowKey(held)) ? listed : [...listed, held];
	return all.filter((one, i) => all.findIndex((other) => windowKey(other) === windowKey(one)) === i);
}
