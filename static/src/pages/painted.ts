/** What the reading page does once its first image stands, and nothing of it before. */
import { type Beside, joinBeside } from "./beside.ts";
import { markSeen } from "./marks.ts";

const MARKS = ["lianzhen:first-image", "lianzhen:ecg-painted"];
const REPORT_WAITS_MS = 1500;

/** Joins the windows of this study; `alone` where this window has no images to wait for. */
export async function besideWhenPainted(studyInstanceUid: string, alone: boolean): Promise<Beside> {
	await markSeen(MARKS, alone ? 0 : REPORT_WAITS_MS);
	return joinBeside(studyInstanceUid);
}
