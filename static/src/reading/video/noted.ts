/** What is said of a video beside its controls. Pure. */
import { say } from "../../kit/i18n.ts";
import type { Video } from "../manifest.ts";
import type { Rendition } from "./preparing.ts";
import type { VideoWords } from "./texts.ts";

/** Encoders drop a frame at either end; that is no damage. */
const FRAMES_MISSED = 2;
/** A share by which two rates may differ and still be the same: 29.97 and 30. */
const SAME_RATE = 0.02;

function rounded(rate: number): number {
	return Number(rate.toFixed(2));
}

export function rateSaid({ frame_time_ms: ours }: Rendition, words: VideoWords): string {
	return say(words.rate, { rate: rounded(1000 / ours) });
}

/** What a reader has to know before trusting it: amber, one line each. */
export function warnings(video: Video, rendition: Rendition, words: VideoWords): string[] {
	const found: string[] = [];
	if (rendition.frames + FRAMES_MISSED < video.frames) {
		found.push(say(words.fewer, { frames: video.frames, found: rendition.frames }));
	}
	const theirs = video.frameTimeMs;
	if (theirs !== null && Math.abs(theirs / rendition.frame_time_ms - 1) > SAME_RATE) {
		found.push(say(words.rateDiffers, { rate: rounded(1000 / theirs) }));
	}
	if (rendition.sound_left_out) found.push(words.soundLeftOut);
	return found;
}

/** The coding within a media type, as people search for it: `avc1.640029`. */
export function codingOf(mediaType: string): string {
	return /codecs="([^",]+)/.exec(mediaType)?.[1] ?? mediaType;
}

export function hasSound({ media_type: mediaType }: Rendition): boolean {
	return /mp4a|mp3/.test(mediaType);
}
