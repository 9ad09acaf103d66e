/** What the set-up form demands before it is sent; the server checks it all again. */
export type SetUpField = "institution" | "name" | "user" | "password";
export type SetUpFault = "fieldMissing" | "userWrong" | "passwordShort";

export const PASSWORD_CHARACTERS_MIN = 10;
const USER = /^[A-Za-z0-9._-]{2,64}$/;

export function faultsOf(
	values: Readonly<Record<SetUpField, string>>,
): Partial<Record<SetUpField, SetUpFault>> {
	const faults: Partial<Record<SetUpField, SetUpFault>> = {};
	for (const field of ["institution", "name", "user", "password"] as const) {
		if (values[field].trim() === "") faults[field] = "fieldMissing";
	}
	if (!faults.user && !USER.test(values.user.trim())) faults.user = "userWrong";
	if (!faults.password && [...values.password].length < PASSWORD_CHARACTERS_MIN)
		faults.password = "passwordShort";
	return faults;
}
