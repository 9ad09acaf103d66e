/** Opens the desk of a station in this page. Imported after the first image, never before. */

import { watchScreen } from "../../ui/screen/watch.ts";
import { showToast } from "../../ui/toasts.ts";
import type { Station } from "../station.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { Desk } from "./desk.ts";

export interface OpenDesk {
	readonly desk: Desk;
	close(): void;
}

export function openDesk(station: Station, tools: Toolbox): OpenDesk {
	const desk = new Desk(station, {
		storage: localStorage,
		display: window,
		facts: () => tools.facts.value,
		nowMs: Date.now,
		tell: (text) => showToast({ kind: "info", text }),
	});
	const stop = watchScreen(window, () => desk.look());
	return {
		desk,
		close: () => {
			stop();
			desk.close();
		},
	};
}
