/** The reading station for pages that are not Svelte components: put into an element, taken out again. */
import { mount, unmount } from "svelte";
import { type Locale, setLocale } from "../kit/i18n.ts";
import Reading from "./Reading.svelte";
import type { Measured, Station } from "./station.ts";
import type { Mark } from "./tools/mark.ts";

export interface ReadingOptions {
	readonly studyInstanceUid: string;
	readonly locale?: Locale;
	readonly onMeasurement?: (measured: Measured) => void;
	/** The manifest's request, when it was sent before this module was there. */
	readonly manifest?: Promise<Response>;
}

export interface ReadingHandle {
	readonly station: Station;
	marks(): readonly Mark[];
	/** Shows the frame of a mark; false when it is gone. */
	goToMark(id: string): boolean;
	destroy(): Promise<void>;
}

/** Opens a study in `host`. */
export function mountReading(host: HTMLElement, options: ReadingOptions): ReadingHandle {
	if (options.locale !== undefined) setLocale(options.locale);
	let made: Station | null = null;
	const view = mount(Reading, {
		target: host,
		props: {
			studyInstanceUid: options.studyInstanceUid,
			manifest: options.manifest,
			onMeasurement: options.onMeasurement,
			onstation: (station: Station) => {
				made = station;
			},
		},
	});
	if (made === null) throw new Error("the station was not made");
	const station: Station = made;
	return {
		station,
		marks: () => station.marks.value,
		goToMark: (id) => station.goToMark(id),
		destroy: () => unmount(view),
	};
}
