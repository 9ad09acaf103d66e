/** The door to the planes: fetched when somebody first asks for them, never before. */
import { t } from "../../kit/i18n.ts";
import { showToast } from "../../ui/toasts.ts";
import type { Command } from "../commands.ts";
import { hasRoomForOne } from "../open.ts";
import type { Station } from "../station.ts";
import { makeResampler, resamplersHere } from "./abreast.ts";
import { openSession, type Session } from "./session.ts";
import { mprTexts } from "./texts.ts";

export const MPR_ASKED_MARK = "lianzhen:mpr-asked";
export const MPR_FIRST_MARK = "lianzhen:mpr-first-plane";

/** The planes of what is being read; null when there are none, which is said. */
export function openMpr(station: Station, acts: readonly Command[], onleave: () => void): Session | null {
	const opened = openSession({
		station,
		acts,
		words: () => t(mprTexts),
		makeWorker: makeResampler,
		workers: resamplersHere(),
		single: hasRoomForOne(),
		onleave,
	});
	if (typeof opened !== "string") return opened;
	showToast({ kind: "info", text: opened });
	return null;
}
