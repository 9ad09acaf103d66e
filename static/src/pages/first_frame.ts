/** The frame that the reading page of a study asks for first. */
import { openingFrame, openingSeries, parseManifest } from "../reading/manifest.ts";

/** Where the first frame of a study lies that its page will ask for; null when it has no images. */
export function firstFrameOf(manifest: unknown): string | null {
	let study: ReturnType<typeof parseManifest>;
	try {
		study = parseManifest(manifest);
	} catch {
		return null;
	}
	const series = study.series[openingSeries(study)];
	if (series?.pack == null) return null;
	const frame = openingFrame(series);
	return `${series.pack.url}${frame}-${frame}`;
}
