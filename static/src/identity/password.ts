/** What a change of password demands before it is sent; the server checks it all again. */
import { answer, api } from "../api/client.ts";
import type { Problem } from "../api/problem.ts";
import { t } from "../kit/i18n.ts";
import { PASSWORD_CHARACTERS_MIN } from "./setup.ts";
import { texts } from "./texts.ts";

export const PASSWORD_CHARACTERS_MAX = 128;

export interface PasswordForm {
	current: string;
	fresh: string;
	again: string;
}
export type PasswordFault =
	| "passwordMissing"
	| "fieldMissing"
	| "passwordShort"
	| "passwordLong"
	| "passwordIsAccount"
	| "passwordUnchanged"
	| "passwordDiffers";
type Faults = Partial<Record<keyof PasswordForm, PasswordFault>>;

/** Characters as the server counts them. */
const length = (text: string): number => [...text].length;

function freshFault({ current, fresh }: PasswordForm, user: string): PasswordFault | null {
	if (fresh === "") return "fieldMissing";
	if (length(fresh) < PASSWORD_CHARACTERS_MIN) return "passwordShort";
	if (length(fresh) > PASSWORD_CHARACTERS_MAX) return "passwordLong";
	if (fresh.toLowerCase() === user.toLowerCase()) return "passwordIsAccount";
	return fresh === current ? "passwordUnchanged" : null;
}

export function passwordFaults(form: PasswordForm, user: string): Faults {
	const faults: Faults = {};
	if (form.current === "") faults.current = "passwordMissing";
	const fault = freshFault(form, user);
	if (fault) faults.fresh = fault;
	else if (form.again !== form.fresh) faults.again = "passwordDiffers";
	return faults;
}

/** Gives the account a new password; its sign-ins in other places end. Throws `Problem`. */
export async function changePassword(form: PasswordForm): Promise<void> {
	await answer(api.PUT("/api/me/password", { body: { current: form.current, new: form.fresh } }));
}

/** Here only the password in use can be wrong: the account is known. */
export function passwordRefusal(problem: Problem): string {
	return problem.code === "identity.wrong_password" ? t(texts).currentWrong : problem.sentence;
}
