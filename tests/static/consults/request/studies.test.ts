import { describe, expect, it } from "vitest";
import {
	type Arrival,
	dicomName,
	disagreements,
	fitRank,
	nameDisagreement,
	studiesToShow,
	studyMoment,
	studyTitle,
} from "../../../../static/src/consults/request/studies.ts";
import { PATIENT } from "../case/consult.ts";

function arrival(given: Partial<Arrival>): Arrival {
	return {
		study_instance_uid: "1.2.3",
		institution_id: "i1",
		institution_name: "石桥镇中心卫生院",
		patient_name: "Luo^Guilan=罗^桂兰",
		patient_id: "M088",
		patient_sex: "F",
		patient_birth_date: "19630208",
		study_date: "20261121",
		study_time: "103108.123",
		study_description: "胸部平扫",
		accession_number: "A1",
		modalities: ["CT"],
		series_count: 2,
		instance_count: 412,
		source_ae_title: "LTCT",
		first_received_at: "2026-11-21T02:31:00Z",
		last_received_at: "2026-11-21T02:33:00Z",
		settled: true,
		consult_id: null,
		consult_number: null,
		...given,
	};
}

describe("names on images (PS3.5 6.2.1.1)", () => {
	it.each([
		["Shan^Jianguo=单^建国", "单建国", "单建国", "Shan Jianguo"],
		["Yamada^Tarou=山田^太郎=やまだ^たろう", "山田太郎", "山田太郎", "Yamada Tarou"],
		["Buc^Jérôme", "Buc Jérôme", "", "Buc Jérôme"],
		["罗^桂兰", "罗桂兰", "罗桂兰", ""],
		["WANG XIAODONG", "WANG XIAODONG", "", "WANG XIAODONG"],
		["", "", "", ""],
	])("%s", (value, shown, ideographic, latin) => {
		expect(dicomName(value)).toEqual({ shown, ideographic, latin });
	});

	it("agree, differ, or cannot be compared", () => {
		expect(nameDisagreement("罗桂兰", "Luo^Guilan=罗^桂兰")).toBeNull();
		expect(nameDisagreement("罗桂兰", "Luo^Guilan=罗^桂蓝")).toBe("name");
		expect(nameDisagreement("罗桂兰", "LUO GUILAN")).toBe("latinOnly");
		expect(nameDisagreement("阿卜提·买买提", "Abuti=阿卜提買買提")).toBe("name");
		expect(nameDisagreement("阿卜提·买买提", "Abuti=阿卜提•买买提")).toBeNull();
		expect(nameDisagreement("Jane Smith", "Smith^Jane")).toBeNull();
		expect(nameDisagreement("Jane Smith", "Smythe^Jane")).toBe("name");
		expect(nameDisagreement("罗桂兰", "")).toBeNull();
	});
});

describe("a study beside a patient", () => {
	it("disagrees in name, sex and birth date, and only where the images say something", () => {
		expect(disagreements(PATIENT, arrival({}))).toEqual([]);
		const other = arrival({ patient_name: "=王^五", patient_sex: "M", patient_birth_date: "1963-02-09" });
		expect(disagreements(PATIENT, other)).toEqual(["name", "sex", "birth"]);
		expect(disagreements(PATIENT, arrival({ patient_sex: "", patient_birth_date: "" }))).toEqual([]);
	});

	it("fits by number, then name, then birth date with sex", () => {
		expect(fitRank(PATIENT, arrival({}))).toBe(3);
		expect(fitRank(PATIENT, arrival({ patient_id: "X" }))).toBe(2);
		expect(fitRank(PATIENT, arrival({ patient_id: "", patient_name: "LUO^GUILAN" }))).toBe(1);
		const stranger = arrival({ patient_id: "", patient_name: "=王^五", patient_sex: "M" });
		expect(fitRank(PATIENT, stranger)).toBe(0);
		expect(fitRank(null, arrival({}))).toBe(0);
	});

	it("is offered best first, newest first among equals, the chosen one always", () => {
		const best = arrival({ study_instance_uid: "best" });
		const newer = arrival({
			study_instance_uid: "newer",
			patient_id: "X",
			last_received_at: "2026-11-22T00:00:00Z",
		});
		const older = arrival({ study_instance_uid: "older", patient_id: "Y" });
		const strange = arrival({
			study_instance_uid: "strange",
			patient_id: "",
			patient_name: "=王^五",
			patient_sex: "M",
			last_received_at: "2026-11-23T00:00:00Z",
		});
		const uids = (chosen: string, all: boolean) =>
			studiesToShow([strange, older, newer, best], PATIENT, chosen, all).map((one) => one.study_instance_uid);
		expect(uids("", false)).toEqual(["best", "newer", "older"]);
		expect(uids("strange", false)).toEqual(["best", "newer", "older", "strange"]);
		expect(uids("", true)).toEqual(["best", "newer", "older", "strange"]);
	});

	it("has a title and a moment", () => {
		expect(studyTitle(arrival({}))).toBe("CT 胸部平扫");
		expect(studyTitle(arrival({ study_description: "胸部CT平扫" }))).toBe("胸部CT平扫");
		expect(studyTitle(arrival({ study_description: " ", modalities: ["CT", "SR"] }))).toBe("CT/SR");
		expect(studyMoment(arrival({}))).toBe("2026-11-21 10:31");
		expect(studyMoment(arrival({ study_time: "" }))).toBe("2026-11-21");
		expect(studyMoment(arrival({ study_date: "" }))).toBe("");
	});
});
