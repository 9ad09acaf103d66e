/** What the forms of administration demand before they are sent; the server checks it all again. */
import type { components } from "../api/schema.gen.ts";
import type { NewAccount, NewAgreement, NewInstitution, NewPeer, Peer, PeerChange } from "./calls.ts";

export type Role = components["schemas"]["Role"];
export const ROLES: readonly Role[] = [
	"applicant",
	"technician",
	"coordinator",
	"specialist",
	"auditor",
	"administrator",
];
export const READER_ROLES: readonly Role[] = ["specialist", "auditor"];
const PASSWORD_CHARACTERS_MIN = 10;
const USER = /^[A-Za-z0-9._-]{2,64}$/;
/** DICOM PS3.5 6.2, VR AE: printable ASCII without backslash, 16 characters at most. */
const AE_TITLE = /^[\x21-\x5b\x5d-\x7e][\x20-\x5b\x5d-\x7e]{0,15}$/;

export interface PeerForm {
	institutionId: string;
	aeTitle: string;
	host: string;
	port: string;
	/** What it must show over TLS; empty binds it to no certificate. */
	certificate: string;
	/** We call it over TLS. */
	tls: boolean;
	/** It is told which studies are there and which are gone. */
	availability: boolean;
}
export type PeerFault = "fieldMissing" | "aeWrong" | "portWrong" | "choose" | "certificateWrong";
/** As the server takes it: PEM, a SHA-256 with or without colons, or a name. */
const CERTIFICATE =
	/^(?:[\s\S]*-----BEGIN CERTIFICATE-----[\s\S]*|(?:sha256:)?(?:[0-9a-f]{2}:?){32}|CN=.+)$/i;

export function peerFaults(form: PeerForm): Partial<Record<keyof PeerForm, PeerFault>> {
	const faults: Partial<Record<keyof PeerForm, PeerFault>> = {};
	if (form.institutionId === "") faults.institutionId = "choose";
	if (form.aeTitle.trim() === "") faults.aeTitle = "fieldMissing";
	else if (!AE_TITLE.test(form.aeTitle.trim())) faults.aeTitle = "aeWrong";
	const port = form.port.trim();
	if (port !== "" && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535))
		faults.port = "portWrong";
	const certificate = form.certificate.trim();
	if (certificate !== "" && !CERTIFICATE.test(certificate)) faults.certificate = "certificateWrong";
	return faults;
}

export function newPeer(form: PeerForm): NewPeer {
	return {
		ae_title: form.aeTitle.trim(),
		institution_id: form.institutionId,
		host: form.host.trim() || null,
		port: form.port.trim() === "" ? null : Number(form.port.trim()),
		certificate: form.certificate.trim() || null,
		tls: form.tls,
		availability: form.availability,
	};
}

/** The form of a peer that is there, or an empty one. */
export function peerForm(peer: Peer | null): PeerForm {
	return {
		institutionId: peer?.institution_id ?? "",
		aeTitle: peer?.ae_title ?? "",
		host: peer?.host ?? "",
		port: peer?.port ? String(peer.port) : "",
		certificate: peer?.certificate ?? "",
		tls: peer?.tls ?? false,
		availability: peer?.availability ?? false,
	};
}

export function peerChange(form: PeerForm, enabled: boolean): PeerChange {
	const { host, port, certificate = null, tls = false, availability = false } = newPeer(form);
	return { host, port, certificate, tls, availability, enabled };
}

export interface AccountForm {
	institutionId: string;
	user: string;
	name: string;
	title: string;
	department: string;
	password: string;
	roles: Role[];
	imaging: boolean;
	ecg: boolean;
}
export type AccountFault = "fieldMissing" | "userWrong" | "passwordShort" | "rolesMissing" | "choose";

export function accountFaults(form: AccountForm): Partial<Record<keyof AccountForm, AccountFault>> {
	const faults: Partial<Record<keyof AccountForm, AccountFault>> = {};
	if (form.institutionId === "") faults.institutionId = "choose";
	if (form.name.trim() === "") faults.name = "fieldMissing";
	if (form.user.trim() === "") faults.user = "fieldMissing";
	else if (!USER.test(form.user.trim())) faults.user = "userWrong";
	if ([...form.password].length < PASSWORD_CHARACTERS_MIN) faults.password = "passwordShort";
	if (form.roles.length === 0) faults.roles = "rolesMissing";
	return faults;
}

function linesOf(form: { imaging: boolean; ecg: boolean }): ("imaging" | "ecg")[] {
	return [...(form.imaging ? (["imaging"] as const) : []), ...(form.ecg ? (["ecg"] as const) : [])];
}

export function newAccount(form: AccountForm): NewAccount {
	return {
		institution_id: form.institutionId,
		user: form.user.trim(),
		name: form.name.trim(),
		title: form.title.trim(),
		department: form.department.trim(),
		password: form.password,
		roles: form.roles,
		service_lines: linesOf(form),
	};
}

/** `host:port`, a host alone, or nothing: any address. */
export function addressOf(peer: { host: string | null; port: number | null }): string | null {
	if (peer.host === null) return null;
	return peer.port === null ? peer.host : `${peer.host}:${peer.port}`;
}

export type Level = components["schemas"]["Level"];
export const LEVELS: readonly Level[] = ["village", "township", "county", "city"];
const NAME_CHARACTERS_MIN = 2;

export interface InstitutionForm {
	name: string;
	level: Level | "";
	runsCentre: boolean;
	/** Who gives the patient numbers: (0010,0021) Issuer of Patient ID, PS3.3 C.7.1.1. */
	issuer: string;
	phone: string;
}
export type InstitutionFault = "fieldMissing" | "nameShort" | "chooseLevel";

export function institutionFaults(
	form: InstitutionForm,
): Partial<Record<keyof InstitutionForm, InstitutionFault>> {
	const faults: Partial<Record<keyof InstitutionForm, InstitutionFault>> = {};
	const name = form.name.trim();
	if (name === "") faults.name = "fieldMissing";
	else if ([...name].length < NAME_CHARACTERS_MIN) faults.name = "nameShort";
	if (form.level === "") faults.level = "chooseLevel";
	if (form.issuer.trim() === "") faults.issuer = "fieldMissing";
	return faults;
}

export function newInstitution(form: InstitutionForm): NewInstitution {
	return {
		name: form.name.trim(),
		level: form.level === "" ? "township" : form.level,
		runs_centre: form.runsCentre,
		issuer_of_patient_id: form.issuer.trim(),
		phone: form.phone.trim(),
	};
}

export interface AgreementForm {
	inviting: string;
	invited: string;
	imaging: boolean;
	ecg: boolean;
	from: string;
	to: string;
}
export type AgreementFault = "choose" | "linesMissing" | "dayWrong" | "endsBefore";
const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function agreementFaults(form: AgreementForm): Partial<Record<keyof AgreementForm, AgreementFault>> {
	const faults: Partial<Record<keyof AgreementForm, AgreementFault>> = {};
	if (form.inviting === "") faults.inviting = "choose";
	if (form.invited === "") faults.invited = "choose";
	if (!form.imaging && !form.ecg) faults.imaging = "linesMissing";
	if (!DAY.test(form.from)) faults.from = "dayWrong";
	if (!DAY.test(form.to)) faults.to = "dayWrong";
	else if (!faults.from && form.to < form.from) faults.to = "endsBefore";
	return faults;
}

export function newAgreement(form: AgreementForm): NewAgreement {
	return {
		inviting_institution_id: form.inviting,
		invited_institution_id: form.invited,
		service_lines: linesOf(form),
		valid_from: form.from,
		valid_to: form.to,
	};
}
