/** What the next case will need is fetched while this one is read. */
import { fetchAhead } from "./ahead.ts";
import { markSeen } from "./marks.ts";
import { nextStudy } from "./reading_case.ts";

const WAITS_MS = 8000;

/** The next case comes after this one: once its first series is here, or the reader has looked for a while. */
export async function prepareNext(consultId: string): Promise<void> {
	await markSeen(["lianzhen:series-loaded", "lianzhen:ecg-painted"], WAITS_MS);
	const study = await nextStudy(consultId).catch(() => null);
	if (study !== null) fetchAhead(study, true);
}
