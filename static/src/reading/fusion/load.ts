/** The door to fusion: fetched when somebody first asks for it, never before. */
import { t } from "../../kit/i18n.ts";
import { showToast } from "../../ui/toasts.ts";
import { makeResampler, resamplersHere } from "../mpr/abreast.ts";
import type { Station } from "../station.ts";
import type { ObjectFacts } from "../tools/measuring.ts";
import { Fusion, type FusionHost } from "./fused.ts";
import { petsFor } from "./pairing.ts";
import { fusionTexts } from "./texts.ts";

/** PET over the series of the active pane; a text that says why there is none. */
export function fusionOf(host: FusionHost): Fusion | string {
	const { station, facts, words } = host;
	const { series } = station.activePane.state.value;
	const studies = [station.study.value, ...station.priors.value].filter((one) => one !== null);
	const pets = petsFor(series, station.activePane.frame, studies, facts());
	if (typeof pets === "string") return words()[pets];
	const [first, ...rest] = pets.filter((one) => station.holdsWhole(one.series));
	return first === undefined ? words().noMemory : new Fusion(host, [first, ...rest]);
}

/** The same in this page; null when there is none, which is said. */
export function openFusion(station: Station, facts: () => ObjectFacts): Fusion | null {
	const opened = fusionOf({
		station,
		facts,
		words: () => t(fusionTexts),
		makeCanvas: () => document.createElement("canvas"),
		makeWorker: makeResampler,
		workers: resamplersHere(),
	});
	if (typeof opened !== "string") return opened;
	showToast({ kind: "info", text: opened });
	return null;
}
