/** Opens the tools of a station with this page's server. Imported after the first image, never before. */
import type { Live } from "../../api/live.ts";
import { serverObjects } from "../objects/store.ts";
import type { Station } from "../station.ts";
import { followMarks } from "./news.ts";
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

/** `live` is the page's one stream; without it the tools open one of their own. */
export function openTools(
	station: Station,
	studyInstanceUid: string,
	live?: Pick<Live, "on"> | undefined,
): Toolbox {
	const tools = new Toolbox(station, {
		marks: serverMarks(studyInstanceUid),
		objects: serverObjects(studyInstanceUid),
		facts: () => spatialFacts(studyInstanceUid),
		beside: (uid) => ({ marks: serverMarks(uid), facts: () => spatialFacts(uid) }),
		loadKeys,
		saveKeys,
	});
	tools.until(followMarks(live, studyInstanceUid, () => tools.sync.refresh()));
	void tools.open(markInAddress(location.search));
	return tools;
}
