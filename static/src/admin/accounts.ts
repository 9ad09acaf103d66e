/** Accounts as the list shows them: by institution, with the state of each. */
import type { IconName } from "../ui/icons.ts";
import type { Tone } from "../ui/status.ts";
import type { RowGroup } from "../ui/table.ts";
import type { Account, Institution } from "./calls.ts";

export interface AccountState {
	readonly word: "active" | "shut" | "locked";
	readonly icon: IconName;
	readonly tone: Tone;
}

export function accountState(account: Pick<Account, "active" | "locked_until">, nowMs: number): AccountState {
	if (!account.active) return { word: "shut", icon: "crossCircle", tone: "ink-3" };
	const locked = account.locked_until !== null && Date.parse(account.locked_until) > nowMs;
	return locked
		? { word: "locked", icon: "lock", tone: "orange" }
		: { word: "active", icon: "checkCircle", tone: "green" };
}

/** In the order of the institutions; accounts of an institution not listed come last under its id. */
export function byInstitution(
	accounts: readonly Account[],
	institutions: readonly Institution[],
): RowGroup<Account>[] {
	const names = new Map(institutions.map((one) => [one.institution_id, one.name]));
	const unknown = accounts.map((one) => one.institution_id).filter((id) => !names.has(id));
	return [...names.keys(), ...new Set(unknown)]
		.map((id) => ({
			key: id,
			label: names.get(id) ?? id,
			rows: accounts.filter((one) => one.institution_id === id),
		}))
		.filter((group) => group.rows.length > 0);
}
