/** The consult server's part of a call: tickets for doctors, links for patients. */
import { type Json, post, text } from "../api/post.ts";
import type { Entry } from "./call.ts";

/** Which case a room belongs to. */
export interface About {
	readonly number: string;
	readonly patientName: string;
	readonly question: string;
}

export interface CallEntry extends Entry {
	readonly participantName: string;
	readonly about: About;
}

export interface Invitation {
	readonly url: string;
	readonly expiresAt: string;
}

function aboutOf(given: unknown): About {
	const about = typeof given === "object" && given !== null ? (given as Json) : {};
	return {
		number: text(about["number"]),
		patientName: text(about["patient_name"]),
		question: text(about["question"]),
	};
}

/** A ticket for the signed-in doctor to the room of a consult. Throws `Problem`. */
export async function openCall(consultId: string): Promise<CallEntry> {
	const answer = await post(`/api/consults/${encodeURIComponent(consultId)}/call`);
	return {
		ticket: text(answer["ticket"]),
		signalingUrl: text(answer["signaling_url"]),
		roomId: text(answer["room_id"]),
		participantName: text(answer["participant_name"]),
		about: aboutOf(answer["about"]),
	};
}

/** A one-time link for the patient of a consult. Throws `Problem`. */
export async function invitePatient(consultId: string): Promise<Invitation> {
	const answer = await post(`/api/consults/${encodeURIComponent(consultId)}/invitations`);
	return { url: text(answer["url"]), expiresAt: text(answer["expires_at"]) };
}
