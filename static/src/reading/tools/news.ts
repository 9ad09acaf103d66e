/** Marks that others make while one reads. */
import { follow } from "../../api/feed.ts";
import type { Live, LiveEvent } from "../../api/live.ts";

/** True when marks on this study may have changed: said so, or after a gap in the line. */
export function concernsMarks({ type, data }: LiveEvent, studyInstanceUid: string): boolean {
	if (type === "hello") return true;
	if (type !== "annotations.changed" || typeof data !== "object" || data === null) return false;
	return (data as { study_instance_uid?: unknown }).study_instance_uid === studyInstanceUid;
}

/** Refreshes whenever there is news, once at a time; answers what ends it. */
export function followMarks(
	live: Pick<Live, "on"> | undefined,
	studyInstanceUid: string,
	refresh: () => Promise<void>,
): () => void {
	let running = false;
	let again = false;
	async function run(): Promise<void> {
		again = true;
		if (running) return;
		running = true;
		while (again) {
			again = false;
			await refresh();
		}
		running = false;
	}
	return follow(live, (event) => {
		if (concernsMarks(event, studyInstanceUid)) void run();
	});
}
