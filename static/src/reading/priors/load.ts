/** Opens what stands beside the study: earlier studies and hanging protocols. Imported after the first image. */
import type { BesideActs } from "../commands.ts";
import { Hanging } from "../hang/hanging.ts";
import { serverProtocols } from "../hang/store.ts";
import type { Station } from "../station.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { Shelf } from "./shelf.ts";
import { serverPriors } from "./store.ts";

export interface Beside {
	readonly shelf: Shelf;
	readonly hanging: Hanging;
	readonly acts: BesideActs;
	close(): void;
}

function laid(run: () => void): void {
	requestAnimationFrame(() => requestAnimationFrame(run));
}

/** `hangs`: the study may be arranged unasked. */
export function openBeside(station: Station, uid: string, tools: Toolbox, hangs: boolean): Beside {
	const shelf = new Shelf(station, serverPriors(uid), tools);
	const about = {
		get relevant() {
			return shelf.relevant;
		},
		get regions() {
			return shelf.listed.value.regions;
		},
		study: (one: string) => shelf.study(one),
	};
	const hands = {
		align: (pane: Parameters<Shelf["align"]>[0]) => shelf.align(pane),
		link: () => tools.cross.link(),
		laid,
	};
	const hanging = new Hanging(station, serverProtocols, about, hands);
	const first = station.activePane.state.value.series?.uid;
	const touched = (): boolean =>
		station.layout.value !== "1x1" || station.activePane.state.value.series?.uid !== first;
	void Promise.all([shelf.load(), hanging.load()]).then(() => (hangs ? hanging.begin(touched) : undefined));
	const acts: BesideActs = {
		priorBy: (steps) => void shelf.step(steps),
		hidePrior: () => shelf.hide(),
		stageBy: (steps) => void hanging.step(steps),
		showProtocols: () => hanging.dialog.set(true),
	};
	return { shelf, hanging, acts, close: () => shelf.close() };
}
