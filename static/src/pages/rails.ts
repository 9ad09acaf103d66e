/** What each role finds in its rail, and where it lands. Only what exists is listed. */
import { t } from "../kit/i18n.ts";
import type { IconName } from "../ui/icons.ts";
import type { RailEntry } from "../ui/rail.ts";
import type { Route } from "./routes.ts";
import { railTexts } from "./texts.ts";

export type RoleKey = "applicant" | "technician" | "coordinator" | "specialist" | "auditor" | "administrator";
type EntryKey =
	| "newRequest"
	| "requests"
	| "arrivals"
	| "exams"
	| "worklist"
	| "board"
	| "peers"
	| "quarantine"
	| "queue"
	| "storage"
	| "institutions"
	| "agreements"
	| "accounts";

const ENTRIES: Readonly<Record<EntryKey, { icon: IconName; href: string }>> = {
	newRequest: { icon: "plus", href: "/requests/new" },
	requests: { icon: "list", href: "/requests" },
	arrivals: { icon: "image", href: "/images" },
	exams: { icon: "calendar", href: "/exams" },
	worklist: { icon: "inbox", href: "/worklist" },
	board: { icon: "board", href: "/board" },
	peers: { icon: "server", href: "/admin/peers" },
	quarantine: { icon: "octagon", href: "/admin/quarantine" },
	queue: { icon: "send", href: "/admin/queue" },
	storage: { icon: "database", href: "/admin/storage" },
	institutions: { icon: "institution", href: "/admin/institutions" },
	agreements: { icon: "link", href: "/admin/agreements" },
	accounts: { icon: "users", href: "/admin/accounts" },
};

const RAILS: Readonly<Record<RoleKey, readonly EntryKey[]>> = {
	applicant: ["newRequest", "requests", "exams", "arrivals"],
	technician: ["requests", "exams", "arrivals", "quarantine", "queue"],
	specialist: ["worklist", "arrivals"],
	auditor: ["worklist", "arrivals"],
	coordinator: ["board", "arrivals"],
	administrator: ["peers", "quarantine", "queue", "storage", "institutions", "agreements", "accounts"],
};

const HOMES: Readonly<Record<RoleKey, string>> = {
	applicant: "/requests",
	technician: "/requests",
	specialist: "/worklist",
	auditor: "/worklist",
	coordinator: "/board",
	administrator: "/admin/peers",
};

/** The rail entry that a route belongs to. */
const ENTRY_OF: Readonly<Partial<Record<Route["page"], EntryKey>>> = {
	requests: "requests",
	arrivals: "arrivals",
	exams: "exams",
	worklist: "worklist",
	board: "board",
	peers: "peers",
	quarantine: "quarantine",
	queue: "queue",
	storage: "storage",
	institutions: "institutions",
	agreements: "agreements",
	accounts: "accounts",
};

/** `waiting` objects that were set aside are counted at their entry. */
export function railOf(role: RoleKey, waiting = 0): RailEntry[] {
	return RAILS[role].map((key) => ({
		key,
		label: t(railTexts)[key],
		...ENTRIES[key],
		...(key === "quarantine" ? { count: waiting } : {}),
	}));
}

export function homeOf(role: RoleKey): string {
	return HOMES[role];
}

/** The entry to mark; a case or a form belongs to the list it was reached from. */
export function currentEntry(route: Route, role: RoleKey): string {
	if (route.page === "request") return route.consultId === null ? "newRequest" : "requests";
	if (route.page === "case") return RAILS[role].find((key) => key !== "newRequest") ?? "";
	return ENTRY_OF[route.page] ?? "";
}

/** Where a case leads back to: its name and address. */
export function backFrom(role: RoleKey): { href: string; label: string } {
	const entry = RAILS[role].find((key) => ENTRIES[key].href === HOMES[role]) ?? "requests";
	return { href: HOMES[role], label: t(railTexts)[entry] };
}
