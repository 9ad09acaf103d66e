/** The door to the planes: fetched when somebody first asks for them, never before. */
import { t } from "../../kit/i18n.ts";
import { showToast } from "../../ui/toasts.ts";
import type { Command } from "../commands.ts";
import { hasRoomForOne } from "../open.ts";
import type { Station } from "../station.ts";
import type { ResamplerLike } from "./runner.ts";
import { openSession, type Session } from "./session.ts";
import { mprTexts } from "./texts.ts";

export const MPR_ASKED_MARK = "lianzhen:mpr-asked";
export const MPR_FIRST_MARK = "lianzhen:mpr-first-plane";
const WORKERS_MAX = 4;

function makeWorker(): ResamplerLike {
	return new Worker(new URL("./resample_worker.ts", import.meta.url), {
		type: "module",
	}) as unknown as ResamplerLike;
}

/** The planes of what is being read; null when there are none, which is said. */
export function openMpr(station: Station, acts: readonly Command[], onleave: () => void): Session | null {
	const opened = openSession({
		station,
		acts,
		words: () => t(mprTexts),
		makeWorker,
		workers: Math.max(1, Math.min(WORKERS_MAX, (navigator.hardwareConcurrency || 2) - 1)),
		single: hasRoomForOne(),
		onleave,
	});
	if (typeof opened !== "string") return opened;
	showToast({ kind: "info", text: opened });
	return null;
}
