/** Sending an arrived study on by hand: where to, and whether the other side is to promise that it keeps it. */
import type { Destination, Order } from "./calls.ts";

export interface SendForm {
	aeTitle: string;
	commitment: boolean;
}

/** The destinations by institution, without the system the study came from. */
export function destinationChoices(
	destinations: readonly Destination[],
	source: string,
): { value: string; label: string }[] {
	return destinations
		.filter((one) => one.ae_title !== source)
		.map((one) => ({ value: one.ae_title, label: `${one.ae_title} · ${one.institution_name}` }));
}

export function orderOf(form: SendForm, studyInstanceUid: string): Order {
	return { study_instance_uid: studyInstanceUid, ae_title: form.aeTitle, commitment: form.commitment };
}
