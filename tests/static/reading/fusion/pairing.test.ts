import { describe, expect, it } from "vitest";
import type { Frame, Series, Study } from "../../../../static/src/reading/manifest.ts";
import { fits, isPlaced, petsFor, spaceOf, suvFactorOf } from "../../../../static/src/reading/fusion/pairing.ts";
import { NOTHING_KNOWN } from "../../../../static/src/reading/tools/facts.ts";
import { aForm, aStudy } from "../studies.ts";
import { aCt, aPet, CT_UID, FACTOR, factsOf, PET_UID, SHARED, SPACE } from "./pets.ts";

const CT = aCt();
const first = (series: Series): Frame | null => series.frames[0] ?? null;

function asked(series: Series | null = CT, studies: readonly Study[] = [aStudy([CT, aPet()])], facts = SHARED) {
	return petsFor(series, series === null ? null : first(series), studies, facts);
}

function found(...args: Parameters<typeof asked>) {
	const pets = asked(...args);
	if (typeof pets === "string") throw new Error(pets);
	return pets;
}

describe("a PET that fits an image", () => {
	it("shares its frame of reference and makes a volume", () => {
		const [pet, ...rest] = found();
		expect(rest).toEqual([]);
		expect(pet).toMatchObject({ frameOfReference: SPACE, suvFactor: FACTOR });
		expect(pet?.volume.frames).toHaveLength(7);
	});

	it("may be laid over an MR as well", () => {
		const mr = { ...CT, modality: "MR" };
		expect(found(mr, [aStudy([mr, aPet()])])).toHaveLength(1);
	});

	it("may be of an earlier study, which is remembered", () => {
		const earlier = { ...aStudy([aPet()]), uid: "1.9", date: "20260101" };
		const [pet] = found(CT, [aStudy([CT]), earlier]);
		expect(pet?.study.uid).toBe("1.9");
	});

	it("comes before those whose SUV cannot be told", () => {
		const plain = aPet({ suvFactor: null }, "1.2.5");
		const facts = factsOf({ [CT_UID]: SPACE, [PET_UID]: SPACE, "1.2.5": SPACE });
		const pets = found(CT, [aStudy([CT, plain, aPet()])], facts);
		expect(pets.map(({ series }) => series.uid)).toEqual([PET_UID, "1.2.5"]);
	});
});

describe("no PET is laid over an image", () => {
	const pet = aPet();
	const flat = { ...pet, frames: pet.frames.slice(0, 2) };
	const unplaced = aCt({ orientation: null });
	const table: readonly (readonly [string, string, ReturnType<typeof asked>])[] = [
		["when nothing is shown", "noBase", asked(null)],
		["that is itself one", "noBase", asked(pet)],
		["that is no anatomy", "noBase", asked({ ...CT, modality: "US" })],
		["in colours", "noBase", asked(aCt({ samplesPerPixel: 3, photometric: "RGB" }))],
		["when there is none", "noPet", asked(CT, [aStudy([CT])])],
		["when what is called so is no image", "noPet", asked(CT, [aStudy([CT, { ...pet, kind: "other" }])])],
		["that does not say where it lies", "unplaced", asked(unplaced)],
		["of a projection", "unplaced", asked(aCt({ spacing: { rowMm: 1, columnMm: 1, source: "imager" } }))],
		["that names no space", "noSpace", asked(CT, undefined, factsOf({ [PET_UID]: SPACE }))],
		["before its space is known", "noSpace", asked(CT, undefined, NOTHING_KNOWN)],
		["of another space", "otherSpace", asked(CT, undefined, factsOf({ [CT_UID]: SPACE, [PET_UID]: "1.9" }))],
		["when the PET names no space", "otherSpace", asked(CT, undefined, factsOf({ [CT_UID]: SPACE }))],
		["when the PET has two slices", "noVolume", asked(CT, [aStudy([CT, flat])])],
	];
	it.each(table)("%s", (_, why, answered) => {
		expect(answered).toBe(why);
	});
});

describe("the factor of SUV", () => {
	it("is that of all slices", () => {
		expect(suvFactorOf(aPet())).toBe(FACTOR);
		expect(suvFactorOf(aPet({ suvFactor: null }))).toBeNull();
		expect(suvFactorOf({ ...aPet(), frames: [] })).toBeNull();
	});

	it("is none where slices have others", () => {
		const pet = aPet();
		const other = pet.frames.map((frame, k) => (k === 3 ? { ...frame, form: aForm({ suvFactor: 2 }) } : frame));
		expect(suvFactorOf({ ...pet, frames: other })).toBeNull();
	});
});

it("two series fit only by a space that both name", () => {
	const facts = factsOf({ [CT_UID]: SPACE });
	expect([spaceOf(CT, facts), spaceOf(aPet(), facts)]).toEqual([SPACE, ""]);
	expect(fits(CT, { frameOfReference: SPACE }, facts)).toBe(true);
	expect(fits(CT, { frameOfReference: "" }, NOTHING_KNOWN)).toBe(false);
	expect(fits(aPet(), { frameOfReference: SPACE }, SHARED)).toBe(false);
});

it("a frame is placed by position, direction and true spacing", () => {
	const frame = first(CT) as Frame;
	expect([isPlaced(frame), isPlaced(null), isPlaced({ ...frame, position: null })]).toEqual([true, false, false]);
	expect(isPlaced({ ...frame, form: null })).toBe(false);
});
