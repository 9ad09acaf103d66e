/** The keys of the workspace, as its buttons name them. */
import { t } from "../kit/i18n.ts";
import type { Binding } from "../kit/keys.ts";
import { pagesOf, type Station } from "./station.ts";
import { texts } from "./texts.ts";

/** `togglePane`: folds the right pane away so that the paper gets the whole width. */
export function bindingsOf(station: Station, togglePane: () => void): Binding[] {
	const ready = (): boolean => station.now.recording !== null;
	const one = (keys: string | string[], label: () => string, run: () => void): Binding => ({
		keys,
		label,
		run,
		when: ready,
	});
	return [
		one(
			"C",
			() => t(texts).keyCaliper,
			() => station.toggleCaliper(),
		),
		one(
			"G",
			() => t(texts).keyLayout,
			() => station.nextLayout(1),
		),
		{
			...one(
				"Shift+G",
				() => t(texts).keyLayout,
				() => station.nextLayout(-1),
			),
			unlisted: true,
		},
		one(
			"[",
			() => `${t(texts).keyGain} −`,
			() => station.larger(-1),
		),
		one(
			"]",
			() => `${t(texts).keyGain} +`,
			() => station.larger(1),
		),
		one(
			[",", "-", "，"],
			() => `${t(texts).keySpeed} −`,
			() => station.faster(-1),
		),
		one(
			[".", "=", "。"],
			() => `${t(texts).keySpeed} +`,
			() => station.faster(1),
		),
		one(
			"F",
			() => t(texts).keyFit,
			() => station.toggleFit(),
		),
		{ keys: "\\", label: () => t(texts).pane, run: togglePane },
		pageKey(station, "PageUp", -1),
		pageKey(station, "PageDown", 1),
	];
}

function pageKey(station: Station, key: string, by: 1 | -1): Binding {
	return {
		keys: key,
		label: () => t(texts).keyPages,
		run: () => void station.turnPage(by),
		when: () => (by > 0 ? pagesOf(station.now).forward : pagesOf(station.now).back),
	};
}
