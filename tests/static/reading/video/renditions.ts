/** Renditions for tests, with keyword defaults. */
import type { Video } from "../../../../static/src/reading/manifest.ts";
import type { Rendition } from "../../../../static/src/reading/video/preparing.ts";

export function aRendition(changes: Partial<Rendition> = {}): Rendition {
	return {
		media_type: 'video/webm; codecs="vp9"',
		converted: true,
		width: 1280,
		height: 720,
		frames: 100,
		frame_time_ms: 40,
		duration_seconds: 4,
		sound_left_out: false,
		...changes,
	};
}

export function aVideo(changes: Partial<Video> = {}): Video {
	return { url: "/api/videos/v/1.2/", frames: 100, frameTimeMs: 40, ...changes };
}
