/** Which PET series may be laid over which images, and why one may not. Pure. */
import type { Frame, Series, Study } from "../manifest.ts";
import { type Volume, type Refusal as VolumeRefusal, volumeOf } from "../mpr/volume.ts";
import { isColour } from "../picture.ts";
import type { ObjectFacts } from "../tools/measuring.ts";

/** What a PET is laid over: images that show where things are. */
const ANATOMY: ReadonlySet<string> = new Set(["CT", "MR"]);
export const PET = "PT";

/** `noBase`: what is shown is no CT or MR. `unplaced`: its images do not say where they lie. `otherSpace`: no PET
 * names the same frame of reference; `noSpace`: the image names none. `noVolume`: the PET has no regular stack. */
export type Refusal = "noBase" | "unplaced" | "noPet" | "noSpace" | "otherSpace" | "noVolume";

/** A PET series as it can be laid over images: where its samples lie. */
export interface Pet {
	readonly study: Study;
	readonly series: Series;
	readonly volume: Volume;
	readonly frameOfReference: string;
	/** SUVbw in g/ml for each unit of a rescaled value; null where it cannot be told for all slices alike. */
	readonly suvFactor: number | null;
}

export function spaceOf(series: Series, facts: ObjectFacts): string {
	return facts.frameOfReference(series.uid, series.frames[0]?.sopInstanceUid ?? "");
}

/** True when a frame says where each of its pixels lies. */
export function isPlaced(frame: Frame | null | undefined): frame is Frame {
	const form = frame?.form;
	return frame?.position != null && form?.orientation != null && form.spacing?.source === "pixel";
}

/** The factor that all slices share: one that differs from slice to slice must not be taken for another's. */
export function suvFactorOf({ frames }: Series): number | null {
	const factors = new Set(frames.map(({ form }) => form?.suvFactor ?? null));
	const [only] = factors;
	return factors.size === 1 && only !== undefined ? only : null;
}

function petOf(study: Study, series: Series, facts: ObjectFacts): Pet | VolumeRefusal {
	const volume = volumeOf(series, Math.floor(series.frames.length / 2));
	if (typeof volume === "string") return volume;
	const frameOfReference = spaceOf(series, facts);
	return { study, series, volume, frameOfReference, suvFactor: suvFactorOf(series) };
}

function isPet({ kind, modality }: Series): boolean {
	return kind === "image" && modality === PET;
}

/** True when a PET may be laid over a series: images of the anatomy in the same frame of reference. */
export function fits(series: Series, pet: Pick<Pet, "frameOfReference">, facts: ObjectFacts): boolean {
	const space = spaceOf(series, facts);
	return ANATOMY.has(series.modality) && space !== "" && space === pet.frameOfReference;
}

/** The PET series that fit the images, those with SUV first, or why there are none. */
export function petsFor(
	series: Series | null,
	frame: Frame | null,
	studies: readonly Study[],
	facts: ObjectFacts,
): readonly Pet[] | Refusal {
	if (series === null || frame?.form == null || !ANATOMY.has(series.modality)) return "noBase";
	if (isColour(frame.form)) return "noBase";
	const all = studies.flatMap((study) => study.series.filter(isPet).map((one) => ({ study, one })));
	if (all.length === 0) return "noPet";
	if (!isPlaced(frame)) return "unplaced";
	const space = spaceOf(series, facts);
	if (space === "") return "noSpace";
	const sharing = all.filter(({ one }) => spaceOf(one, facts) === space);
	if (sharing.length === 0) return "otherSpace";
	const pets = sharing
		.map(({ study, one }) => petOf(study, one, facts))
		.filter((one) => typeof one !== "string");
	if (pets.length === 0) return "noVolume";
	return pets.sort((a, b) => Number(a.suvFactor === null) - Number(b.suvFactor === null));
}
