/** A row of a list: how it is grouped, what its cells say and where it leads. No DOM, no fetch. */
import type { components } from "../../api/schema.gen.ts";
import { dayTitle, rowTime } from "../../kit/format.ts";
import { say, t } from "../../kit/i18n.ts";
import { maskName, sexAndAge } from "../../kit/person.ts";
import { statusWords, words } from "../../kit/words.ts";
import type { IconName } from "../../ui/icons.ts";
import { isStatus, type Tone } from "../../ui/status.ts";
import type { RowGroup } from "../../ui/table.ts";
import { urgencyFace } from "../../ui/urgency.ts";
import { texts } from "./texts.ts";

export type ConsultRow = components["schemas"]["ConsultRow"];
export type Verb = components["schemas"]["Verb"];

const ENDED = new Set<string>(["signed", "closed", "withdrawn", "declined"]);

/** Rows by urgency, most urgent first; the server's order is kept inside each group. */
export function groupByUrgency(rows: readonly ConsultRow[]): RowGroup<ConsultRow>[] {
	const groups = new Map<string, ConsultRow[]>();
	for (const row of rows) {
		const { level } = urgencyFace(row.urgency);
		const known = groups.get(level);
		if (known) known.push(row);
		else groups.set(level, [row]);
	}
	return [...groups.entries()]
		.map(([level, inside]) => ({ face: urgencyFace(level), inside }))
		.sort((a, b) => a.face.rank - b.face.rank)
		.map(({ face, inside }) => ({ key: face.level, label: t(words)[face.level], rows: inside }));
}

/** Each case once: between two pages of an answer a case may have moved and be in both. The later one counts. */
export function once(rows: readonly ConsultRow[]): ConsultRow[] {
	return [...new Map(rows.map((row) => [row.consult_id, row])).values()];
}

/** One group without a heading, for lists in order of time. */
export function ungrouped(rows: readonly ConsultRow[]): RowGroup<ConsultRow>[] {
	return rows.length === 0 ? [] : [{ key: "all", label: "", rows }];
}

export function may(row: ConsultRow, verb: Verb): boolean {
	return row.verbs.includes(verb);
}

/** The masked name, or the words for a draft without a patient. */
export function patientName(row: ConsultRow): string {
	return row.patient ? maskName(row.patient.name) : t(texts).noPatient;
}

export function patientLine(row: ConsultRow, nowMs: number): string {
	return row.patient ? sexAndAge(row.patient.sex, row.patient.birth_date, nowMs) : "";
}

/** `CT 胸部平扫`; without a description the kind of study. */
export function examTitle(row: ConsultRow): string {
	const described = row.study_description.trim();
	const modality = row.modality.trim();
	const named = row.service_line === "ecg" || described.includes(modality);
	if (described !== "") return named ? described : `${modality} ${described}`;
	if (row.service_line === "ecg") return t(texts).ecgStudy;
	if (modality !== "") return modality;
	return row.study_instance_uid === null ? t(texts).noStudy : t(texts).imagingStudy;
}

/** The line under the examination: the question, else the complaint. */
export function examLine(row: ConsultRow): string {
	return row.question.trim() || row.chief_complaint.trim();
}

/** When a list counts a row from: submission, or its beginning while it is a draft. */
export function rowInstant(row: ConsultRow): string {
	return row.submitted_at ?? row.created_at;
}

export function partyLine(row: ConsultRow, nowMs: number): string {
	const time = rowTime(rowInstant(row), nowMs);
	return row.inviting.doctor === "" ? time : `${row.inviting.doctor} · ${time}`;
}

/** No clock runs once a case has ended, nor while it lies with its author. */
export function runsOut(row: ConsultRow): string | null {
	return ENDED.has(row.status) || row.status === "draft" || row.status === "returned" ? null : row.due_at;
}

export interface StatusCell {
	readonly text?: string;
	readonly icon?: IconName;
	readonly tone?: Tone;
}

/** What the status column says beyond the status: images still arriving, and with whom the case is. */
export function statusCell(row: ConsultRow, accountId: string): StatusCell {
	const waits = row.status === "submitted" || row.status === "accepted" || row.status === "assigned";
	if (waits && row.images && !row.images.settled) {
		return { text: say(t(texts).arriving, { n: row.images.received }), icon: "cloud", tone: "blue" };
	}
	if (!row.specialist || !isStatus(row.status) || ENDED.has(row.status)) return {};
	const status = t(statusWords)[row.status];
	if (row.specialist.account_id === accountId) return { text: say(t(texts).withMe, { status }) };
	return { text: say(t(texts).withOther, { status, name: row.specialist.name }), tone: "violet" };
}

/** What has become of a row that no longer belongs to the list, by the step that took it away. */
export function goneCell(verb: string): StatusCell {
	const words = t(texts);
	const said: Readonly<Record<string, string>> = {
		claim: words.goneClaimed,
		assign: words.goneClaimed,
		withdraw: words.goneWithdrawn,
		return: words.goneReturned,
		sign: words.goneSigned,
	};
	return { text: said[verb] ?? words.goneElsewhere, icon: "strike", tone: "ink-3" };
}

/** Where a reader's row leads: the study beside its report, or the case while there is no study. */
export function readHref(row: ConsultRow): string {
	if (row.study_instance_uid === null) return caseHref(row);
	return `/read/${encodeURIComponent(row.study_instance_uid)}?consult=${encodeURIComponent(row.consult_id)}`;
}

/** Where an applicant's row leads: drafts and returned requests to the form, the rest to the case. */
export function caseHref(row: ConsultRow): string {
	const id = encodeURIComponent(row.consult_id);
	return row.status === "draft" || (row.status === "returned" && may(row, "submit"))
		? `/requests/${id}`
		: `/cases/${id}`;
}

/** `今天 11月21日 周六`. */
export function todayTitle(nowMs: number): string {
	return say(t(texts).today, { day: dayTitle(nowMs, nowMs) });
}
