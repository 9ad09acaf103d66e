/** The two public requests of the patient's page. The invitation comes from the address's fragment and goes out
 * in a body, so it stands in no log, no history entry of another page and no Referer. */
import { post, text } from "../api/post.ts";
import type { Entry } from "./port.ts";

/** What can still be done with the link on this phone. */
export type Standing = "open" | "used" | "ended" | "locked";

export interface Preview {
	readonly standing: Standing;
	readonly institutionName: string;
	readonly doctorName: string;
	readonly doctorTitle: string;
	readonly doctorInstitution: string;
	readonly companionName: string;
	readonly contactPhone: string;
	readonly identityTailRequired: boolean;
	readonly patientSurnameMasked: string;
}

export interface Seat extends Entry {
	readonly participantName: string;
}

export interface Consent {
	readonly consult: boolean;
	readonly recording: boolean;
}

const STANDINGS: readonly unknown[] = ["open", "used", "ended", "locked"];

/** A word this page does not know closes the door: better to phone than to fill in a form in vain. */
function standing(value: unknown): Standing {
	return STANDINGS.includes(value) ? (value as Standing) : "ended";
}

/** Who invites, before anything is proven. Throws `Problem`. */
export async function previewInvitation(invitation: string): Promise<Preview> {
	const answer = await post("/api/invitations/preview", { invitation });
	return {
		standing: standing(answer["standing"]),
		institutionName: text(answer["institution_name"]),
		doctorName: text(answer["doctor_name"]),
		doctorTitle: text(answer["doctor_title"]),
		doctorInstitution: text(answer["doctor_institution_name"]),
		companionName: text(answer["companion_name"]),
		contactPhone: text(answer["contact_phone"]),
		identityTailRequired: answer["identity_tail_required"] === true,
		patientSurnameMasked: text(answer["patient_surname_masked"]),
	};
}

/** A place in the waiting room. Throws `Problem`. */
export async function redeemInvitation(
	invitation: string,
	identityTail: string,
	consent: Consent,
): Promise<Seat> {
	const answer = await post("/api/invitations/redeem", { invitation, identity_tail: identityTail, consent });
	return {
		ticket: text(answer["ticket"]),
		signalingUrl: text(answer["signaling_url"]),
		roomId: text(answer["room_id"]),
		participantName: text(answer["participant_name"]),
	};
}
