import { describe, expect, it } from "vitest";
import { accountState, byInstitution } from "../../../static/src/admin/accounts.ts";
import { agreementState, daysBetween, inOrder, nameIn } from "../../../static/src/admin/agreements.ts";
import type { Account, Agreement, Institution } from "../../../static/src/admin/calls.ts";
import {
	type AccountForm,
	type AgreementForm,
	accountFaults,
	addressOf,
	agreementFaults,
	type InstitutionForm,
	institutionFaults,
	newAccount,
	newAgreement,
	newInstitution,
	newPeer,
	type PeerForm,
	peerFaults,
} from "../../../static/src/admin/forms.ts";

const NOW = Date.parse("2026-11-21T03:00:00Z");
const PEER: PeerForm = {
	institutionId: "i1",
	aeTitle: "SQZX_PACS",
	host: "",
	port: "",
	certificate: "",
	tls: false,
	availability: false,
};
const ACCOUNT: AccountForm = {
	institutionId: "i1",
	user: "xunuo",
	name: "许诺",
	title: "",
	department: "",
	password: "0123456789",
	roles: ["specialist"],
	imaging: true,
	ecg: false,
};
const INSTITUTION: InstitutionForm = {
	name: "青岩镇卫生院",
	level: "township",
	runsCentre: false,
	issuer: "QY",
	phone: "",
};
const AGREEMENT: AgreementForm = {
	inviting: "i1",
	invited: "i2",
	imaging: true,
	ecg: true,
	from: "2026-11-21",
	to: "2027-11-20",
};

describe("a new sender", () => {
	it.each<[Partial<PeerForm>, object]>([
		[{}, {}],
		[{ institutionId: "" }, { institutionId: "choose" }],
		[{ aeTitle: "  " }, { aeTitle: "fieldMissing" }],
		[{ aeTitle: "A".repeat(16) }, {}],
		[{ aeTitle: "A".repeat(17) }, { aeTitle: "aeWrong" }],
		[{ aeTitle: "A\\B" }, { aeTitle: "aeWrong" }],
		[{ aeTitle: "影像" }, { aeTitle: "aeWrong" }],
		[{ aeTitle: "CT ROOM 1" }, {}],
		[{ port: "0" }, { port: "portWrong" }],
		[{ port: "65535" }, {}],
		[{ port: "65536" }, { port: "portWrong" }],
		[{ port: "104.5" }, { port: "portWrong" }],
		[{ certificate: "a".repeat(64) }, {}],
		[{ certificate: `SHA256:${"AB:".repeat(31)}AB` }, {}],
		[{ certificate: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----" }, {}],
		[{ certificate: " CN=SQZX PACS " }, {}],
		[{ certificate: "CN=" }, { certificate: "certificateWrong" }],
		[{ certificate: "a".repeat(63) }, { certificate: "certificateWrong" }],
	])("of %o finds %o", (given, faults) => expect(peerFaults({ ...PEER, ...given })).toEqual(faults));

	it("is sent trimmed, with nothing where nothing was written", () => {
		expect(newPeer({ ...PEER, aeTitle: " CT1 ", host: " 10.0.0.7 ", port: " 104 " })).toEqual({
			ae_title: "CT1",
			institution_id: "i1",
			host: "10.0.0.7",
			port: 104,
			certificate: null,
			tls: false,
			availability: false,
		});
		expect(newPeer(PEER)).toMatchObject({ host: null, port: null });
	});

	it.each([
		[{ host: null, port: null }, null],
		[{ host: null, port: 104 }, null],
		[{ host: "h", port: null }, "h"],
		[{ host: "h", port: 104 }, "h:104"],
	])("has the address %o: %s", (peer, address) => expect(addressOf(peer)).toBe(address));
});

describe("a new account", () => {
	it.each<[Partial<AccountForm>, object]>([
		[{}, {}],
		[{ institutionId: "" }, { institutionId: "choose" }],
		[{ name: " " }, { name: "fieldMissing" }],
		[{ user: "许诺" }, { user: "userWrong" }],
		[{ user: " " }, { user: "fieldMissing" }],
		[{ password: "012345678" }, { password: "passwordShort" }],
		[{ roles: [] }, { roles: "rolesMissing" }],
	])("of %o finds %o", (given, faults) => expect(accountFaults({ ...ACCOUNT, ...given })).toEqual(faults));

	it("is sent with the lines it reads, its password untouched", () => {
		const sent = newAccount({ ...ACCOUNT, user: " xunuo ", password: " 01234567 ", ecg: true });
		expect(sent).toMatchObject({ user: "xunuo", password: " 01234567 ", service_lines: ["imaging", "ecg"] });
		expect(newAccount({ ...ACCOUNT, imaging: false }).service_lines).toEqual([]);
	});
});

describe("a new institution", () => {
	it.each<[Partial<InstitutionForm>, object]>([
		[{}, {}],
		[{ name: "" }, { name: "fieldMissing" }],
		[{ name: "院" }, { name: "nameShort" }],
		[{ level: "" }, { level: "chooseLevel" }],
		[{ issuer: " " }, { issuer: "fieldMissing" }],
	])("of %o finds %o", (given, faults) => {
		expect(institutionFaults({ ...INSTITUTION, ...given })).toEqual(faults);
	});

	it("is sent trimmed", () => {
		expect(newInstitution({ ...INSTITUTION, name: " 青岩镇卫生院 ", issuer: " QY " })).toEqual({
			name: "青岩镇卫生院",
			level: "township",
			runs_centre: false,
			issuer_of_patient_id: "QY",
			phone: "",
		});
	});
});

describe("a new agreement", () => {
	it.each<[Partial<AgreementForm>, object]>([
		[{}, {}],
		[
			{ inviting: "", invited: "" },
			{ inviting: "choose", invited: "choose" },
		],
		[{ inviting: "i1", invited: "i1" }, {}],
		[{ imaging: false, ecg: false }, { imaging: "linesMissing" }],
		[{ to: "" }, { to: "dayWrong" }],
		[{ from: "2026/11/21" }, { from: "dayWrong" }],
		[{ to: "2026-11-20" }, { to: "endsBefore" }],
		[{ to: "2026-11-21" }, {}],
	])("of %o finds %o", (given, faults) =>
		expect(agreementFaults({ ...AGREEMENT, ...given })).toEqual(faults),
	);

	it("is sent as it was written", () => {
		expect(newAgreement(AGREEMENT)).toEqual({
			inviting_institution_id: "i1",
			invited_institution_id: "i2",
			service_lines: ["imaging", "ecg"],
			valid_from: "2026-11-21",
			valid_to: "2027-11-20",
		});
	});
});

describe("an agreement in the list", () => {
	const agreement = (valid_from: string, valid_to: string): Agreement => ({
		agreement_id: `${valid_from} ${valid_to}`,
		inviting_institution_id: "i1",
		invited_institution_id: "i2",
		service_lines: ["imaging"],
		valid_from,
		valid_to,
	});

	it.each([
		["2026-11-21", "2027-11-20", "inForce", 364],
		["2025-01-01", "2027-01-21", "inForce", 61],
		["2025-01-01", "2027-01-20", "endsSoon", 60],
		["2025-01-01", "2026-11-21", "endsSoon", 0],
		["2025-01-01", "2026-11-20", "ended", 0],
		["2026-11-22", "2027-11-20", "notBegun", 1],
	])("from %s to %s is %s (%i days)", (from, to, word, days) => {
		expect(agreementState(agreement(from, to), NOW)).toMatchObject({ word, days });
	});

	it("counts in the hospital's days: 00:30 in Beijing is the next day already", () => {
		const justAfterMidnight = Date.parse("2026-11-20T16:30:00Z");
		expect(agreementState(agreement("2025-01-01", "2026-11-20"), justAfterMidnight).word).toBe("ended");
	});

	it("counts days over months and leap years", () => {
		expect(daysBetween("2028-02-28", "2028-03-01")).toBe(2);
		expect(daysBetween("2027-02-28", "2027-03-01")).toBe(1);
		expect(daysBetween("2026-11-21", "2026-11-20")).toBe(-1);
	});

	it("stands by its end, ended ones last, and keeps an unknown party's id", () => {
		const rows = [
			agreement("2025-01-01", "2026-01-01"),
			agreement("2025-01-01", "2028-01-01"),
			agreement("2025-01-01", "2027-01-01"),
		];
		expect(inOrder(rows, NOW).map((one) => one.valid_to)).toEqual(["2027-01-01", "2028-01-01", "2026-01-01"]);
		expect(nameIn([], "i9")).toBe("i9");
	});
});

describe("accounts in the list", () => {
	const institution = (id: string): Institution => ({
		institution_id: id,
		name: `${id} 医院`,
		level: "county",
		runs_centre: false,
		phone: "",
	});
	const account = (id: string, at: string, given: Partial<Account> = {}): Account => ({
		account_id: id,
		user: id,
		name: id,
		title: "",
		department: "",
		roles: ["applicant"],
		service_lines: [],
		institution_id: at,
		active: true,
		demonstration: false,
		locked_until: null,
		created_at: "2026-01-01T00:00:00Z",
		...given,
	});

	it("stand by institution, those of an unknown one last", () => {
		const groups = byInstitution(
			[account("a", "i2"), account("b", "gone"), account("c", "i1"), account("d", "i2")],
			[institution("i1"), institution("i2"), institution("i3")],
		);
		expect(groups.map((group) => [group.label, group.rows.map((row) => row.account_id)])).toEqual([
			["i1 医院", ["c"]],
			["i2 医院", ["a", "d"]],
			["gone", ["b"]],
		]);
	});

	it.each([
		[{}, "active"],
		[{ active: false }, "shut"],
		[{ locked_until: "2026-11-21T03:00:01Z" }, "locked"],
		[{ locked_until: "2026-11-21T03:00:00Z" }, "active"],
		[{ active: false, locked_until: "2027-01-01T00:00:00Z" }, "shut"],
	])("with %o may sign in or not: %s", (given, word) => {
		expect(accountState(account("a", "i1", given), NOW).word).toBe(word);
	});
});
