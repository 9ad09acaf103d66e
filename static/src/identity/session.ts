/** Who is signed in, and in which of their roles they act. */
import { answer, api, SIGNED_OUT, signedOut } from "../api/client.ts";
import { asProblem } from "../api/problem.ts";
import type { components } from "../api/schema.gen.ts";
import { type Locale, languageTag, localeFromTag, setLocale } from "../kit/i18n.ts";
import { readyToLeave } from "../kit/leaving.ts";
import { forgetLocalKey, ownLocalKey } from "../kit/localcopy.ts";
import { Store } from "../kit/store.ts";

export type Me = components["schemas"]["MeOut"];
export type Role = components["schemas"]["Role"];

/** The order in which a person with several roles lands: the one that waits for others first. */
export const ROLE_ORDER: readonly Role[] = [
	"coordinator",
	"specialist",
	"auditor",
	"applicant",
	"technician",
	"administrator",
];
const ROLE_STORED_AS = "lianzhen.role";
const SIGNED_OUT_AT = "lianzhen.signedOutAt";

/** undefined while it is not known yet; null when nobody is signed in. */
export const me = new Store<Me | null | undefined>(undefined);
export const actingRole = new Store<Role>("applicant");

/** The role to act in: the one chosen last if the account still has it, else the first of the order. */
export function roleFor(roles: readonly Role[], chosen: string | null): Role {
	const had = roles.find((role) => role === chosen);
	return had ?? ROLE_ORDER.find((role) => roles.includes(role)) ?? "applicant";
}

function settle(account: Me): void {
	ownLocalKey(account.account_id);
	actingRole.set(roleFor(account.roles, localStorage.getItem(ROLE_STORED_AS)));
	setLocale(localeFromTag(account.locale));
	signedOut.set(false);
	me.set(account);
}

/** Asks the server who is signed in. Only "nobody" is an answer; other failures are thrown. */
export async function findMe(): Promise<void> {
	try {
		settle(await answer(api.GET("/api/me")));
	} catch (thrown) {
		const problem = asProblem(thrown);
		if (problem.code !== SIGNED_OUT) throw problem;
		signedOut.set(false);
		me.set(null);
	}
}

export async function signIn(user: string, password: string): Promise<void> {
	await answer(api.POST("/api/sessions", { body: { user, password } }));
	await findMe();
}

/** A session that had ended by itself is as good as one ended now. */
async function endSession(): Promise<void> {
	try {
		await answer(api.DELETE("/api/sessions/current"));
	} catch (thrown) {
		if (asProblem(thrown).code !== SIGNED_OUT) throw thrown;
	}
}

/** Ends the session here and in the browser's other tabs. False, and nothing ended, where a form could not be
 * saved; `anyway` gives such text up. */
export async function signOut(anyway = false): Promise<boolean> {
	if (!anyway && !(await readyToLeave())) return false;
	await endSession();
	forgetLocalKey();
	localStorage.setItem(SIGNED_OUT_AT, String(Date.now()));
	me.set(null);
	return true;
}

/** Hears of a sign-out in another tab: this one forgets its key too, before it shows the sign-in. */
export function followSignOut(target: Pick<Window, "addEventListener"> = window): void {
	target.addEventListener("storage", (event) => {
		if (event.key !== SIGNED_OUT_AT) return;
		forgetLocalKey();
		signedOut.set(true);
	});
}

export function actAs(role: Role): void {
	localStorage.setItem(ROLE_STORED_AS, role);
	actingRole.set(role);
}

/** Switches the language at once and keeps the choice with the account. */
export async function chooseLocale(locale: Locale): Promise<void> {
	setLocale(locale);
	if (me.value)
		await answer(
			api.PUT("/api/me/locale", { body: { locale: languageTag(locale) === "en" ? "en" : "zh-CN" } }),
		);
}

export type FirstAdministrator = components["schemas"]["BootstrapIn"];

/** Makes the first administrator with the one-time link of a fresh installation, and signs them in. */
export async function setUp(first: FirstAdministrator): Promise<void> {
	await answer(api.POST("/api/bootstrap", { body: first }));
	await findMe();
}
