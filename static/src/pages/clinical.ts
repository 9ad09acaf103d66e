/** Which view an address shows. Views are loaded when they are first needed, so that each entry stays small. */
import type { Component } from "svelte";
import type { Live } from "../api/live.ts";
import type { Me } from "../identity/session.ts";
import { fetchAhead } from "./ahead.ts";
import { backFrom, type RoleKey } from "./rails.ts";
import type { Route } from "./routes.ts";
import { waitingAside } from "./waiting.ts";

export interface Here {
	readonly me: Me;
	readonly route: Route;
	readonly role: RoleKey;
	readonly live: Live;
	readonly go: (href: string, replace?: boolean) => void;
}

/** A view with its properties; the pair is built by `shown`, which checks that they fit. */
export interface Shown {
	readonly view: Component<Record<string, unknown>>;
	readonly props: Record<string, unknown>;
}

async function shown<Props extends Record<string, unknown>>(
	load: Promise<{ default: Component<Props> }>,
	props: Props,
): Promise<Shown> {
	const { default: view } = await load;
	return { view: view as unknown as Shown["view"], props };
}

async function lists(here: Here, kind: "reader" | "applicant"): Promise<Shown> {
	const faces = await import("../consults/worklist/faces.ts");
	return shown(import("../consults/worklist/Worklist.svelte"), {
		face: kind === "reader" ? faces.readerFace : faces.applicantFace,
		accountId: here.me.account_id,
		live: here.live,
		go: here.go,
		onahead: fetchAhead,
	});
}

type Pages = {
	readonly [Page in Route["page"]]?: (here: Here, route: Extract<Route, { page: Page }>) => Promise<Shown>;
};

const PAGES: Pages = {
	worklist: (here) => lists(here, "reader"),
	requests: (here) => lists(here, "applicant"),
	board: (here) =>
		shown(import("../consults/board/Board.svelte"), {
			centre: here.me.institution.name,
			live: here.live,
			go: here.go,
		}),
	request: (here, route) =>
		shown(import("../consults/request/RequestPage.svelte"), {
			consultId: route.consultId,
			live: here.live,
			go: here.go,
			back: backFrom(here.role),
		}),
	case: (here, route) =>
		shown(import("../consults/case/CasePage.svelte"), {
			consultId: route.consultId,
			live: here.live,
			go: here.go,
			back: backFrom(here.role),
		}),
	arrivals: (here) =>
		shown(import("../consults/worklist/Arrivals.svelte"), {
			live: here.live,
			go: here.go,
			applies: here.role === "applicant" || here.role === "technician",
		}),
	exams: (here) =>
		shown(import("../consults/exams/Exams.svelte"), { live: here.live, orders: here.role === "applicant" }),
	peers: () => shown(import("../admin/Peers.svelte"), {}),
	quarantine: (here) =>
		shown(import("../admin/Quarantine.svelte"), {
			administrator: here.role === "administrator",
			onwaiting: (count: number) => waitingAside.set(count),
		}),
	queue: (here) =>
		shown(import("../admin/queue/Queue.svelte"), { administrator: here.role === "administrator" }),
	storage: () => shown(import("../admin/Storage.svelte"), {}),
	institutions: () => shown(import("../admin/Institutions.svelte"), {}),
	agreements: () => shown(import("../admin/Agreements.svelte"), {}),
	accounts: (here) => shown(import("../admin/Accounts.svelte"), { ownId: here.me.account_id }),
};

/** The view of an address, or null where this client has none. */
export function clinicalPages(here: Here): Promise<Shown> | null {
	const page = PAGES[here.route.page] as ((here: Here, route: Route) => Promise<Shown>) | undefined;
	return page ? page(here, here.route) : null;
}
