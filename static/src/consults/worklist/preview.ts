/** What the preview beside a list says about the chosen row. */
import { say, t } from "../../kit/i18n.ts";
import type { Face } from "./faces.ts";
import { type ConsultRow, may } from "./rows.ts";
import { texts } from "./texts.ts";

export interface Fact {
	readonly label: string;
	readonly value: string;
}

/** The facts a row carries; those without a value are left out. */
export function factsOf(row: ConsultRow): Fact[] {
	const words = t(texts);
	return [
		{ label: words.complaint, value: row.chief_complaint.trim() },
		{ label: words.accession, value: row.accession_number },
		{ label: words.doctor, value: row.inviting.doctor },
		{ label: words.reader, value: row.specialist?.name ?? "" },
	].filter((fact) => fact.value !== "");
}

export function imagesLine(row: ConsultRow): string {
	const words = t(texts);
	if (!row.images) return words.imagesNone;
	const { received, settled } = row.images;
	return `${words.images} ${say(settled ? words.imagesComplete : words.imagesArriving, { n: received })}`;
}

/** The words on the one primary button. */
export function primaryLabel(row: ConsultRow, face: Face): string {
	const words = t(texts);
	if (face.kind === "applicant") {
		return face.hrefOf(row).startsWith("/requests/") ? words.editRequest : words.openCase;
	}
	if (row.study_instance_uid === null) return words.openCase;
	if (may(row, "claim")) return words.claimAndRead;
	if (may(row, "start")) return words.startReading;
	return row.status === "reporting" ? words.continueReading : words.view;
}
