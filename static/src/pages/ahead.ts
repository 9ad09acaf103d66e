/** Fetches ahead what opening a study will need: the reading page's files once, and the study's manifest. */
const PAGE = "/read.html";
const MANIFESTS_MAX = 20;

let pageFetched = false;
const fetched = new Set<string>();

/** The files that an HTML page loads, in the order it names them. */
export function filesOf(html: string): string[] {
	return [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1] ?? "");
}

async function fetchPage(): Promise<void> {
	const response = await fetch(PAGE, { priority: "low" });
	if (!response.ok) throw new Error(`${PAGE} answered ${response.status}`);
	for (const file of filesOf(await response.text())) {
		const link = document.createElement("link");
		link.rel = file.endsWith(".js") ? "modulepreload" : "prefetch";
		link.href = file;
		document.head.append(link);
	}
}

/** Nothing is fetched ahead on a line that has no room for it. */
export function lineHasRoom(connection: { downlink?: number; saveData?: boolean } | undefined): boolean {
	return connection?.saveData !== true && (connection?.downlink ?? 10) >= 2;
}

async function fetchFirst(response: Response): Promise<void> {
	const { firstFrameOf } = await import("./first_frame.ts");
	const url = firstFrameOf(await response.json());
	// It is kept by the browser: its address never means anything else.
	if (url !== null) await (await fetch(url, { priority: "low", credentials: "same-origin" })).arrayBuffer();
}

/** `frame`: the first frame as well. */
export function fetchAhead(studyInstanceUid: string, frame = false): void {
	const { connection } = navigator as Navigator & { connection?: { downlink?: number; saveData?: boolean } };
	if (!lineHasRoom(connection)) return;
	if (!pageFetched) {
		pageFetched = true;
		fetchPage().catch(() => {
			pageFetched = false;
		});
	}
	if (fetched.has(studyInstanceUid) || fetched.size >= MANIFESTS_MAX) return;
	fetched.add(studyInstanceUid);
	const uid = encodeURIComponent(studyInstanceUid);
	const again = (): void => void fetched.delete(studyInstanceUid);
	fetch(`/api/studies/${uid}/manifest`, { priority: "low", credentials: "same-origin" }).then((response) => {
		if (!response.ok) again();
		else if (frame) fetchFirst(response).catch(() => undefined);
	}, again);
}
