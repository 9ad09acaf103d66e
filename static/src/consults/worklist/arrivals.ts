/** A study that has arrived, as the list of images shows it. */
import { say, t } from "../../kit/i18n.ts";
import { dicomName, maskName, sexWord } from "../../kit/person.ts";
import type { Column } from "../../ui/table.ts";
import type { Arrival } from "./calls.ts";
import { texts } from "./texts.ts";

export type ArrivalColumn = "patient" | "exam" | "studyDate" | "count" | "source" | "arrived" | "linked";

const WIDTHS: Readonly<Record<ArrivalColumn, string | undefined>> = {
	patient: "150px",
	exam: undefined,
	studyDate: "120px",
	count: "150px",
	source: "140px",
	arrived: "112px",
	linked: "150px",
};

export function arrivalColumns(): Column<ArrivalColumn>[] {
	return (Object.keys(WIDTHS) as ArrivalColumn[]).map((key) => {
		const width = WIDTHS[key];
		return { key, label: t(texts)[key], ...(width === undefined ? {} : { width }) };
	});
}

export function arrivalPatient(row: Arrival): string {
	const name = maskName(dicomName(row.patient_name)) || row.patient_id || "—";
	return row.patient_sex === "" ? name : `${name} · ${sexWord(row.patient_sex)}`;
}

export function arrivalTitle(row: Arrival): string {
	const described = [row.modalities.join(" "), row.study_description].filter((one) => one !== "").join(" ");
	return described || row.accession_number || row.study_instance_uid;
}

export function arrivalCount(row: Arrival): string {
	return say(row.settled ? t(texts).settled : t(texts).stillArriving, { n: row.instance_count });
}
