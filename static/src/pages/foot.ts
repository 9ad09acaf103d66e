/** The status bar's words: the state of the live stream, and the keys of the page one is at. */
import type { LiveStatus } from "../api/live.ts";
import { clockTime } from "../kit/format.ts";
import { say, t } from "../kit/i18n.ts";
import { words } from "../kit/words.ts";
import type { Route } from "./routes.ts";
import { footTexts } from "./texts.ts";

export interface Hint {
	readonly keys: readonly string[];
	readonly label: string;
}

export function hintsOf(route: Route): Hint[] {
	const said = t(footTexts);
	const select = { keys: ["ArrowUp", "ArrowDown"], label: said.select };
	const sheet = { keys: ["?"], label: said.all };
	if (route.page === "worklist") {
		return [
			select,
			{ keys: ["Space"], label: said.preview },
			{ keys: ["Enter"], label: said.read },
			{ keys: ["F4"], label: said.next },
			sheet,
		];
	}
	if (route.page === "board") {
		return [
			{ keys: ["ArrowLeft", "ArrowRight"], label: said.column },
			{ keys: ["A"], label: said.assign },
			{ keys: ["R"], label: said.giveBack },
			{ keys: ["U"], label: said.undo },
			sheet,
		];
	}
	if (route.page === "requests" || route.page === "arrivals") {
		return [select, { keys: ["Enter"], label: said.open }, sheet];
	}
	if (route.page === "exams") return [select, sheet];
	return [sheet];
}

export function readingHints(): Hint[] {
	const said = t(footTexts);
	return [
		{ keys: ["1–9"], label: said.presets },
		{ keys: ["F2"], label: said.insert },
		{ keys: ["Alt+←→"], label: said.prior },
		{ keys: ["F4"], label: said.next },
		{ keys: ["?"], label: said.all },
	];
}

export function liveLine(status: LiveStatus): { state: LiveStatus["state"]; text: string } {
	if (status.state === "live") return { state: "live", text: t(words).live };
	if (status.state === "connecting" || status.heardAtMs === null)
		return { state: "connecting", text: t(words).connecting };
	return { state: "stale", text: say(t(words).staleAt, { time: clockTime(status.heardAtMs) }) };
}
