import { describe, expect, it } from "vitest";
import {
	beginWith,
	EMPTY_PATIENT,
	type NewPatient,
	patientFaults,
	patientToSend,
	patientWarnings,
	withIdNumber,
} from "../../../../static/src/consults/request/newpatient.ts";

const TODAY = "2026-11-24";
const CARD = "11010519491231002X";
const RIGHT: NewPatient = {
	name: "罗桂兰",
	identifier: "M20261121-088",
	idNo: CARD,
	sex: "F",
	birthDate: "1949-12-31",
	phone: "13900006607",
};

describe("registering a patient", () => {
	it("finds nothing wrong with a right form, with or without card and phone", () => {
		expect(patientFaults(RIGHT, TODAY)).toEqual({});
		expect(patientFaults({ ...RIGHT, idNo: "", phone: "" }, TODAY)).toEqual({});
	});

	it("names every missing field", () => {
		expect(patientFaults(EMPTY_PATIENT, TODAY)).toEqual({
			name: "nameMissing",
			identifier: "identifierMissing",
			sex: "sexMissing",
			birthDate: "birthMissing",
		});
	});

	it.each([
		["name", "罗@兰", "nameLetters"],
		["idNo", "110105194912310021", "idNumberCheck"],
		["idNo", "1101", "idNumberLength"],
		["birthDate", "2026-11-25", "birthLater"],
		["birthDate", "1890-01-01", "birthOld"],
		["birthDate", "2023-02-30", "birthMissing"],
		["phone", "123", "phoneWrong"],
	] as const)("says what is wrong with %s “%s”", (field, value, fault) => {
		expect(patientFaults({ ...RIGHT, [field]: value }, TODAY)).toEqual({ [field]: fault });
	});

	it.each(["阿卜提·买买提", "Ann O'Hara-Smith", "𠮷田"])("takes the name %s", (name) => {
		expect(patientFaults({ ...RIGHT, name }, TODAY)).toEqual({});
	});

	it.each(["0770-1234567", "07701234567", "１３９００００６６０７", "139 0000 6607"])(
		"takes the phone %s",
		(phone) => {
			expect(patientFaults({ ...RIGHT, phone }, TODAY)).toEqual({});
		},
	);

	it("fills sex and birth date from a right card and keeps what was given", () => {
		const filled = withIdNumber({ ...EMPTY_PATIENT, idNo: "１１０１０５19491231002x" }, TODAY);
		expect(filled).toMatchObject({ idNo: CARD, sex: "F", birthDate: "1949-12-31" });
		expect(withIdNumber({ ...EMPTY_PATIENT, idNo: CARD, sex: "M" }, TODAY).sex).toBe("M");
		expect(withIdNumber({ ...EMPTY_PATIENT, idNo: "110105194912310021" }, TODAY).birthDate).toBe("");
	});

	it("only warns where card and form differ", () => {
		expect(patientWarnings(RIGHT, TODAY)).toEqual({});
		const other = { ...RIGHT, sex: "M" as const, birthDate: "1949-12-30" };
		expect(patientWarnings(other, TODAY)).toEqual({ sex: "sexDiffers", birthDate: "birthDiffers" });
		expect(patientToSend(other, TODAY)).not.toBeNull();
	});

	it("sends plain figures and nothing while something is wrong", () => {
		expect(patientToSend({ ...RIGHT, name: " 罗桂兰 ", phone: "１３９００００６６０７" }, TODAY)).toEqual({
			name: "罗桂兰",
			identifier: "M20261121-088",
			id_no: CARD,
			sex: "F",
			birth_date: "1949-12-31",
			phone: "13900006607",
		});
		expect(patientToSend({ ...RIGHT, sex: "" }, TODAY)).toBeNull();
	});

	it("begins with what was typed into the search", () => {
		expect(beginWith("罗桂兰").name).toBe("罗桂兰");
		expect(beginWith(CARD).idNo).toBe(CARD);
		expect(beginWith("M2026").identifier).toBe("M2026");
		expect(beginWith("lgl")).toEqual(EMPTY_PATIENT);
	});
});
