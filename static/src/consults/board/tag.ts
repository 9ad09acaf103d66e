/** The one tag of a card: the thing about it that a coordinator wants to know first. */
import { clockTime } from "../../kit/format.ts";
import { say, t } from "../../kit/i18n.ts";
import type { IconName } from "../../ui/icons.ts";
import type { ConsultRow } from "../worklist/rows.ts";
import { texts } from "./texts.ts";

export interface CardTag {
	readonly text: string;
	readonly icon: IconName;
	readonly tone: "plain" | "accent" | "amber" | "blue" | "green";
}

export function cardTag(row: ConsultRow): CardTag | null {
	if (row.status === "signed" && row.signed_at !== null) {
		const said = { name: row.specialist?.name ?? "", time: clockTime(row.signed_at) };
		return { text: say(t(texts).signedBy, said), tone: "green", icon: "shield" };
	}
	if (row.specialist)
		return { text: say(t(texts).readBy, { name: row.specialist.name }), tone: "accent", icon: "user" };
	if (!row.images) return { text: t(texts).noImages, tone: "amber", icon: "alert" };
	const { received, settled } = row.images;
	if (settled) return { text: say(t(texts).arrived, { n: received }), tone: "plain", icon: "image" };
	return { text: say(t(texts).arriving, { n: received }), tone: "blue", icon: "cloud" };
}
