/** Opens the tools of a station with this page's server. Imported after the first image, never before. */
import type { Station } from "../station.ts";
import { loadKeys, saveKeys, serverMarks, spatialFacts } from "./store.ts";
import { Toolbox } from "./toolbox.ts";

/** The mark that the page's address names, as the link of a measurement does. */
export function markInAddress(search: string): string | null {
	return new URLSearchParams(search).get("mark");
}

/** The address that opens a study at a mark, kept within the case the reader has open. */
export function addressOfMark(href: string, id: string): string {
	const url = new URL(href);
	url.searchParams.set("mark", id);
	url.hash = "";
	return url.href;
}

export function openTools(station: Station, studyInstanceUid: string): Toolbox {
	const tools = new Toolbox(station, {
		marks: serverMarks(studyInstanceUid),
		facts: () => spatialFacts(studyInstanceUid),
		beside: (uid) => ({ marks: serverMarks(uid), facts: () => spatialFacts(uid) }),
		loadKeys,
		saveKeys,
	});
	void tools.open(markInAddress(location.search));
	return tools;
}
