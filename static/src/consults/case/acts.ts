/** What whoever looks at a case may do now, and the one next act. */
import type { components } from "../../api/schema.gen.ts";
import type { Consult } from "./stages.ts";

export type Adoption = components["schemas"]["Adoption"];

export type NextAct =
	| { readonly kind: "adopt" }
	| { readonly kind: "edit"; readonly href: string }
	| { readonly kind: "correct"; readonly href: string }
	| { readonly kind: "read"; readonly href: string };

/** The study beside its report; null while no study is attached. */
export function readHref(consult: Consult): string | null {
	if (consult.study_instance_uid === null) return null;
	const uid = encodeURIComponent(consult.study_instance_uid);
	return `/read/${uid}?consult=${encodeURIComponent(consult.consult_id)}`;
}

/** The one next act of whoever looks; null when it is somebody else's turn. */
export function nextAct(consult: Consult): NextAct | null {
	const may = (verb: Consult["verbs"][number]): boolean => consult.verbs.includes(verb);
	const form = `/requests/${encodeURIComponent(consult.consult_id)}`;
	if (may("adopt")) return { kind: "adopt" };
	if (may("submit")) return { kind: consult.status === "returned" ? "correct" : "edit", href: form };
	const read = readHref(consult);
	if (read !== null && (may("start") || may("sign"))) return { kind: "read", href: read };
	return null;
}

/** A room exists from submission to the end of the case. */
export function mayTalk(consult: Consult): boolean {
	return !["draft", "returned", "withdrawn", "declined"].includes(consult.status);
}

export type AdoptionFault = "adoptChoose" | "adoptNoteMissing";

/** What is missing before an adoption can be recorded: an outcome, and a sentence unless it is plainly yes. */
export function adoptionFault(outcome: Adoption | "", note: string): AdoptionFault | null {
	if (outcome === "") return "adoptChoose";
	return outcome !== "adopted" && note.trim() === "" ? "adoptNoteMissing" : null;
}

/** The beginning and end of a digest, enough to compare by eye. */
export function shortDigest(sha256: string): string {
	return `${sha256.slice(0, 8)} … ${sha256.slice(-8)}`;
}
