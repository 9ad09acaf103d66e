/** Which protocol a study is hung by: the reader's own before the institution's before those that come along. */
import type { Study } from "../manifest.ts";
import { imagesOf } from "./arrange.ts";
import type { Origin, Protocol, Region, Use } from "./protocol.ts";

export interface Case {
	readonly study: Study;
	readonly regions: readonly Region[];
	/** Relevant prior studies. */
	readonly priors: number;
}

const ORDER: readonly Origin[] = ["own", "shared", "builtin"];

/** How particularly a use speaks of a case; null when it is not for it. */
export function scoreOf(use: Use, { study, regions, priors }: Case): number | null {
	const images = imagesOf(study);
	const modalities = new Set(images.map((one) => one.modality));
	const said = [study.description.toLowerCase(), ...images.map((one) => one.text)];
	const spoken = use.words.filter((word) => said.some((text) => text.includes(word.toLowerCase())));
	const against =
		(use.modalities.length > 0 && !use.modalities.some((one) => modalities.has(one))) ||
		(use.regions.length > 0 && !use.regions.some((one) => regions.includes(one))) ||
		(use.words.length > 0 && spoken.length === 0) ||
		priors < use.priorsMin ||
		images.length < use.seriesMin;
	if (against) return null;
	const narrow = (list: readonly unknown[], weight: number): number => (list.length > 0 ? weight : 0);
	return (
		narrow(use.modalities, 2) +
		narrow(use.regions, 4) +
		spoken.length * 8 +
		use.priorsMin * 3 +
		(use.seriesMin > 0 ? 1 : 0)
	);
}

/** The protocols for a case, the best first; the order among equals is that of the list. */
export function fitting(protocols: readonly Protocol[], of: Case): Protocol[] {
	return protocols
		.map((protocol) => ({ protocol, score: scoreOf(protocol.use, of) }))
		.filter((one): one is { protocol: Protocol; score: number } => one.score !== null)
		.sort(
			(a, b) =>
				ORDER.indexOf(a.protocol.origin) - ORDER.indexOf(b.protocol.origin) ||
				b.score - a.score ||
				a.protocol.position - b.protocol.position,
		)
		.map(({ protocol }) => protocol);
}
