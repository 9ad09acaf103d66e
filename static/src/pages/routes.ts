/** The addresses of the client's main page, each naming one object whatever the role (patient names never). */

export type Route =
	| { readonly page: "home" }
	| { readonly page: "requests" }
	| { readonly page: "request"; readonly consultId: string | null }
	| { readonly page: "case"; readonly consultId: string }
	| { readonly page: "worklist" }
	| { readonly page: "board" }
	| { readonly page: "arrivals" }
	| { readonly page: "exams" }
	| { readonly page: "peers" }
	| { readonly page: "quarantine" }
	| { readonly page: "queue" }
	| { readonly page: "storage" }
	| { readonly page: "institutions" }
	| { readonly page: "agreements" }
	| { readonly page: "accounts" }
	| { readonly page: "setUp"; readonly token: string }
	| { readonly page: "missing" };

const FIXED: Readonly<Record<string, Route>> = {
	"": { page: "home" },
	requests: { page: "requests" },
	"requests/new": { page: "request", consultId: null },
	worklist: { page: "worklist" },
	board: { page: "board" },
	images: { page: "arrivals" },
	exams: { page: "exams" },
	"admin/peers": { page: "peers" },
	"admin/quarantine": { page: "quarantine" },
	"admin/queue": { page: "queue" },
	"admin/storage": { page: "storage" },
	"admin/institutions": { page: "institutions" },
	"admin/agreements": { page: "agreements" },
	"admin/accounts": { page: "accounts" },
};
const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** What an address of two parts names: the case of a room, the study of a reading. '' where it is not written as
 * an address is (RFC 3986 2.1), as in a link that was cut short. */
export function secondPart(path: string): string {
	try {
		return decodeURIComponent(path.split("/").filter((part) => part !== "")[1] ?? "");
	} catch {
		return "";
	}
}

/** The route of a path such as `/cases/0198…`; the set-up link carries its secret after `#`, which no server sees. */
export function routeOf(path: string, hash = ""): Route {
	const parts = path.split("/").filter((part) => part !== "");
	const joined = parts.join("/");
	if (Object.hasOwn(FIXED, joined)) return FIXED[joined] ?? { page: "missing" };
	const [first, second] = parts;
	if (first === "setup") return { page: "setUp", token: second ?? hash.replace(/^#/, "") };
	if (parts.length !== 2 || second === undefined || !ID.test(second)) return { page: "missing" };
	if (first === "requests") return { page: "request", consultId: second };
	return first === "cases" ? { page: "case", consultId: second } : { page: "missing" };
}
