/** The requests to the server that administration makes. */
import { answer, api } from "../api/client.ts";
import type { components } from "../api/schema.gen.ts";

export type Peer = components["schemas"]["PeerOut"];
export type NewPeer = components["schemas"]["NewPeerIn"];
export type PeerChange = components["schemas"]["PeerIn"];
export type Echo = components["schemas"]["EchoOut"];
export type Receiving = components["schemas"]["ReceivingOut"];
export type Aside = components["schemas"]["AsideOut"];
export type SetAside = components["schemas"]["QuarantineOut"];
export type Tried = components["schemas"]["TriedOut"];
export type Account = components["schemas"]["AccountOut"];
export type NewAccount = components["schemas"]["NewAccountIn"];
export type Institution = components["schemas"]["InstitutionOut"];
export type NewInstitution = components["schemas"]["NewInstitutionIn"];
export type Agreement = components["schemas"]["AgreementOut"];
export type NewAgreement = components["schemas"]["NewAgreementIn"];
export type Storage = components["schemas"]["StorageOut"];
export type Use = components["schemas"]["UseOut"];
export type Fault = components["schemas"]["FaultOut"];

export const loadInstitutions = (): Promise<Institution[]> => answer(api.GET("/api/institutions"));
export const addInstitution = (body: NewInstitution): Promise<Institution> =>
	answer(api.POST("/api/institutions", { body }));
export const loadAgreements = (): Promise<Agreement[]> => answer(api.GET("/api/agreements"));
export const addAgreement = (body: NewAgreement): Promise<Agreement> =>
	answer(api.POST("/api/agreements", { body }));
export const loadPeers = (): Promise<Peer[]> => answer(api.GET("/api/peers"));
export const loadReceiving = (): Promise<Receiving[]> => answer(api.GET("/api/receiving"));
export const addPeer = (body: NewPeer): Promise<Peer> => answer(api.POST("/api/peers", { body }));
export const loadAccounts = (): Promise<Account[]> => answer(api.GET("/api/accounts"));
export const addAccount = (body: NewAccount): Promise<Account> => answer(api.POST("/api/accounts", { body }));

export function changePeer(aeTitle: string, body: PeerChange): Promise<Peer> {
	const path = { ae_title: aeTitle };
	return answer(api.PUT("/api/peers/{ae_title}", { params: { path }, body }));
}

export function echoPeer(aeTitle: string): Promise<Echo> {
	const path = { ae_title: aeTitle };
	return answer(api.POST("/api/peers/{ae_title}/echo", { params: { path } }));
}

export async function removePeer(aeTitle: string): Promise<void> {
	await answer(api.DELETE("/api/peers/{ae_title}", { params: { path: { ae_title: aeTitle } } }));
}

export function setActive(accountId: string, active: boolean): Promise<Account> {
	const path = { account_id: accountId };
	return answer(api.PUT("/api/accounts/{account_id}/active", { params: { path }, body: { active } }));
}

export function loadSetAside(aeTitle: string, decided: boolean): Promise<SetAside> {
	return answer(api.GET("/api/quarantine", { params: { query: { ae_title: aeTitle, decided } } }));
}

export function retrySetAside(id: string): Promise<Tried> {
	return answer(
		api.POST("/api/quarantine/{quarantine_id}/retry", { params: { path: { quarantine_id: id } } }),
	);
}

export async function discardSetAside(id: string, reason: string): Promise<void> {
	const path = { quarantine_id: id };
	await answer(api.POST("/api/quarantine/{quarantine_id}/discard", { params: { path }, body: { reason } }));
}

export const loadStorage = (): Promise<Storage> => answer(api.GET("/api/storage"));
export const loadFaults = (mended: boolean): Promise<Fault[]> =>
	answer(api.GET("/api/storage/faults", { params: { query: { mended } } }));

export async function setQuota(institutionId: string, bytes: number): Promise<void> {
	const path = { institution_id: institutionId };
	const body = { quota_bytes: bytes };
	await answer(api.PUT("/api/storage/quotas/{institution_id}", { params: { path }, body }));
}
