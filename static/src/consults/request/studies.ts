/** Arrived studies beside a request: which fit the patient, how much is there, what does not agree. */
import type { components } from "../../api/schema.gen.ts";

export type Arrival = components["schemas"]["ArrivalOut"];
export type Patient = components["schemas"]["PatientOut"];

export interface DicomName {
	/** The name in its own script where the device sent one, else the Latin one. */
	readonly shown: string;
	readonly ideographic: string;
	readonly latin: string;
}

const plain = (group: string): string => group.replaceAll("^", " ").replaceAll(/\s+/gu, " ").trim();

/** Reads a DICOM Person Name (PS3.5 6.2.1.1): `Shan^Jianguo=单^建国`. Parts of a Han name stand together. */
export function dicomName(value: string): DicomName {
	const [alphabetic = "", ideographic = ""] = value.split("=");
	const han = /\p{Script=Han}/u;
	const own = han.test(ideographic) ? ideographic : alphabetic;
	const name = han.test(own) ? own.replaceAll(/[\^\s]+/gu, "") : "";
	const latin = han.test(alphabetic) ? "" : plain(alphabetic);
	return { shown: name || latin, ideographic: name, latin };
}

const compact = (name: string): string =>
	name
		.normalize("NFKC")
		.replaceAll(/[\s·•.]/gu, "")
		.toLowerCase();
const dicomDay = (day: string): string => day.replaceAll("-", "");

export type Disagreement = "name" | "latinOnly" | "sex" | "birth";

/** What on the images does not agree with the patient chosen. A name in Latin letters only cannot be compared
 * with a Chinese one and is said as that. */
export function disagreements(
	patient: Pick<Patient, "name" | "sex" | "birth_date">,
	study: Pick<Arrival, "patient_name" | "patient_sex" | "patient_birth_date">,
): Disagreement[] {
	const found: Disagreement[] = [];
	const name = nameDisagreement(patient.name, study.patient_name);
	if (name) found.push(name);
	if (study.patient_sex !== "" && study.patient_sex !== patient.sex) found.push("sex");
	if (
		study.patient_birth_date !== "" &&
		dicomDay(study.patient_birth_date) !== dicomDay(patient.birth_date)
	) {
		found.push("birth");
	}
	return found;
}

/** How the name on the images stands to the patient's; null when it agrees or the images carry none. */
export function nameDisagreement(patientName: string, studyName: string): "name" | "latinOnly" | null {
	const onImages = dicomName(studyName);
	if (onImages.shown === "") return null;
	if (onImages.ideographic !== "")
		return compact(onImages.ideographic) === compact(patientName) ? null : "name";
	if (/\p{Script=Han}/u.test(patientName)) return "latinOnly";
	const words = (name: string): string =>
		name
			.toLowerCase()
			.split(/[\s,]+/u)
			.sort()
			.join(" ");
	return words(onImages.latin) === words(patientName) ? null : "name";
}

/** How well a study fits: its number, its name, or birth date and sex together; 0 is not at all. */
export function fitRank(patient: Patient | null, arrival: Arrival): number {
	if (patient === null) return 0;
	if (arrival.patient_id !== "" && arrival.patient_id === patient.identifier) return 3;
	const { ideographic } = dicomName(arrival.patient_name);
	if (ideographic !== "" && compact(ideographic) === compact(patient.name)) return 2;
	const birth = dicomDay(arrival.patient_birth_date) === dicomDay(patient.birth_date);
	return birth && arrival.patient_sex === patient.sex ? 1 : 0;
}

/** The studies to choose from: those that fit the patient, best and newest first; or all of them. The chosen
 * one is always among them. */
export function studiesToShow(
	arrivals: readonly Arrival[],
	patient: Patient | null,
	chosen: string,
	all: boolean,
): Arrival[] {
	return arrivals
		.map((arrival) => ({ arrival, rank: fitRank(patient, arrival) }))
		.filter(({ arrival, rank }) => all || rank > 0 || arrival.study_instance_uid === chosen)
		.sort((a, b) => b.rank - a.rank || b.arrival.last_received_at.localeCompare(a.arrival.last_received_at))
		.map(({ arrival }) => arrival);
}

/** `CT 胸部平扫`; without a description the modality alone. */
export function studyTitle(study: Pick<Arrival, "study_description" | "modalities">): string {
	const modality = study.modalities.join("/");
	const described = study.study_description.trim();
	if (described === "") return modality;
	return described.includes(modality) ? described : `${modality} ${described}`.trim();
}

/** `2026-11-21 10:31` of Study Date and Time (0008,0020), (0008,0030); '' where the images carry none. */
export function studyMoment(study: Pick<Arrival, "study_date" | "study_time">): string {
	const day = /^(\d{4})-?(\d{2})-?(\d{2})/.exec(study.study_date);
	if (!day) return "";
	const clock = /^(\d{2}):?(\d{2})/.exec(study.study_time);
	return `${day[1]}-${day[2]}-${day[3]}${clock ? ` ${clock[1]}:${clock[2]}` : ""}`;
}
