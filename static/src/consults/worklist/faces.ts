/** The faces a list may have: the reader's worklist and the applicant's requests. */
import type { components } from "../../api/schema.gen.ts";
import { locale, t } from "../../kit/i18n.ts";
import type { Column } from "../../ui/table.ts";
import { type ConsultRow, caseHref, readHref } from "./rows.ts";
import { texts } from "./texts.ts";

type View = components["schemas"]["View"];
type ServiceLine = components["schemas"]["ServiceLine"];

export type ColumnKey = "urgency" | "timeLeft" | "patient" | "exam" | "from" | "to" | "status" | "time";
export type TabKey = "mine" | "emergency" | "imaging" | "ecg" | "done" | "open" | "ended" | "all";

/** What one tab asks the server for, and what it keeps of the answer. */
export interface Query {
	readonly view: View;
	readonly serviceLine?: ServiceLine;
	/** Only these urgencies; the server lists the most urgent first, so the first page has them. */
	readonly urgency?: string;
}

export interface Face {
	readonly kind: "reader" | "applicant";
	readonly tabs: readonly TabKey[];
	readonly grouped: boolean;
	readonly columns: readonly { readonly key: ColumnKey; readonly width?: string }[];
	readonly hrefOf: (row: ConsultRow) => string;
}

export const QUERIES: Readonly<Record<TabKey, Query>> = {
	mine: { view: "mine" },
	emergency: { view: "mine", urgency: "emergency" },
	imaging: { view: "mine", serviceLine: "imaging" },
	ecg: { view: "mine", serviceLine: "ecg" },
	done: { view: "done" },
	open: { view: "mine" },
	ended: { view: "done" },
	all: { view: "all" },
};

export const readerFace: Face = {
	kind: "reader",
	tabs: ["mine", "emergency", "imaging", "ecg", "done"],
	grouped: true,
	columns: [
		{ key: "urgency", width: "84px" },
		{ key: "timeLeft", width: "104px" },
		{ key: "patient", width: "128px" },
		{ key: "exam" },
		{ key: "from", width: "160px" },
		{ key: "status", width: "148px" },
	],
	hrefOf: readHref,
};

export const applicantFace: Face = {
	kind: "applicant",
	tabs: ["open", "ended", "all"],
	grouped: false,
	columns: [
		{ key: "urgency", width: "84px" },
		{ key: "timeLeft", width: "104px" },
		{ key: "patient", width: "128px" },
		{ key: "exam" },
		{ key: "to", width: "176px" },
		{ key: "time", width: "112px" },
		{ key: "status", width: "148px" },
	],
	hrefOf: caseHref,
};

export function columnsOf(face: Face): Column<ColumnKey>[] {
	return face.columns.map((column) => ({
		...column,
		...(column.key === "urgency" && locale() === "en" ? { width: "112px" } : {}),
		label: t(texts)[column.key],
	}));
}
