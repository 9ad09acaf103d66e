import { describe, expect, it } from "vitest";
import { createdSaid, originSaid, untoldOf } from "../../../../static/src/reading/objects/told.ts";
import { aSegmentation, aStructureSet } from "../regions/regions.ts";
import { aSeries, aStudy } from "../studies.ts";
import { aHeader, aReport, aSelection, aState, told } from "./objects.ts";

const header = (uid: string) => aHeader({ series_instance_uid: uid });
const other = (uid: string, modality: string, objects = 1) =>
	aSeries(0, { uid, modality, kind: "other", description: `of ${uid}`, objects });

describe("what is told of no object", () => {
	const objects = told({
		key_objects: [aSelection({ header: header("ko") })],
		presentations: [aState({ header: header("pr") })],
		reports: [aReport({ header: header("sr") })],
		segmentations: [aSegmentation({ header: header("seg") })],
		structure_sets: [aStructureSet({ header: header("rt") })],
		unreadable: [{ sop_instance_uid: "9", series_instance_uid: "broken", code: "objects.unreadable" }],
	});

	it("is listed by series with how many objects it has, and images never are", () => {
		const study = aStudy([aSeries(3), other("plan", "RTPLAN", 2), aSeries(0, { kind: "ecg", uid: "ecg" })]);
		expect(untoldOf(study, objects)).toEqual([
			{ uid: "plan", modality: "RTPLAN", description: "of plan", objects: 2 },
		]);
	});

	it("leaves out each kind that is told of, and what is said to be unreadable", () => {
		const known = ["ko", "pr", "sr", "seg", "rt", "broken"].map((uid) => other(uid, "OT"));
		expect(untoldOf(aStudy(known), objects)).toEqual([]);
		expect(untoldOf(aStudy(known), told()).map(({ uid }) => uid)).toEqual(known.map(({ uid }) => uid));
	});

	it("holds masks that lie over images, but not those that are looked at themselves", () => {
		const masks = aSeries(4, { uid: "masks", modality: "SEG" });
		expect(untoldOf(aStudy([masks, aSeries(3)]), told()).map(({ uid }) => uid)).toEqual(["masks"]);
		expect(untoldOf(aStudy([masks]), told())).toEqual([]);
	});
});

describe("who made an object", () => {
	it("is said with what is known of it", () => {
		expect(originSaid(aHeader())).toBe("Doe Jane · ACME · 2026-03-02 17:05");
		expect(originSaid(aHeader({ author: "", created: "" }))).toBe("ACME");
		expect([createdSaid("20260302"), createdSaid("yesterday")]).toEqual(["2026-03-02", "yesterday"]);
	});
});
