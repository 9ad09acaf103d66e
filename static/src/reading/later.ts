/** What comes after the first image, one after the other: tools, the screen's desk, earlier studies. */
import type { Live } from "../api/live.ts";
import { Store } from "../kit/store.ts";
import type { OpenDesk } from "./display/load.ts";
import { hasRoomForOne } from "./open.ts";
import type { Beside } from "./priors/load.ts";
import type { Station } from "./station.ts";
import type { Toolbox } from "./tools/toolbox.ts";

/** Each is null until it is there. */
export interface Later {
	readonly tools: Toolbox | null;
	readonly opened: OpenDesk | null;
	readonly beside: Beside | null;
}

/** What is fetched when its turn comes. */
export interface Doors {
	tools(): Promise<Toolbox>;
	desk(tools: Toolbox): Promise<OpenDesk>;
	beside(tools: Toolbox): Promise<Beside>;
}

export interface OpenLater {
	readonly here: Store<Later>;
	close(): void;
}

/** No first image will stand: there is none, or it cannot be shown. Documents may be there all the same. */
function comesNever(station: Station): boolean {
	const opening = station.panes[0]?.state.value;
	if (opening == null || opening.series === null) return station.status.value === "empty";
	return station.problemOf(opening.series, opening.index) !== null;
}

export function openLater(station: Station, doors: Doors): OpenLater {
	const here = new Store<Later>({ tools: null, opened: null, beside: null });
	let closed = false;
	/** Keeps what has come, unless the page was left meanwhile. */
	async function take<T extends Partial<Later>>(
		coming: Promise<T>,
		shut: (late: T) => void,
	): Promise<T | null> {
		const come = await coming;
		if (closed) shut(come);
		else here.update((now) => ({ ...now, ...come }));
		return closed ? null : come;
	}
	async function open(): Promise<void> {
		const got = await take(
			doors.tools().then((tools) => ({ tools })),
			({ tools }) => tools.close(),
		);
		if (got === null) return;
		const desk = doors.desk(got.tools).then((opened) => ({ opened }));
		if ((await take(desk, ({ opened }) => opened.close())) === null) return;
		await take(
			doors.beside(got.tools).then((beside) => ({ beside })),
			({ beside }) => beside.close(),
		);
	}
	let begun = false;
	const look = (): void => {
		if (begun || closed || !(station.firstImage.value || comesNever(station))) return;
		begun = true;
		void open();
	};
	const stops = [
		station.firstImage.subscribe(look),
		station.status.subscribe(look),
		station.arrival.subscribe(look),
		...station.panes.slice(0, 1).map((pane) => pane.state.subscribe(look)),
	];
	return {
		here,
		close: () => {
			closed = true;
			for (const stop of stops) stop();
			const { tools, opened, beside } = here.value;
			for (const one of [opened, beside, tools]) one?.close();
		},
	};
}

/** The doors of this page. */
export function doorsOf(station: Station, studyInstanceUid: string, live?: Pick<Live, "on">): Doors {
	return {
		tools: async () => (await import("./tools/load.ts")).openTools(station, studyInstanceUid, live),
		desk: async (tools) => (await import("./display/load.ts")).openDesk(station, tools),
		beside: async (tools) =>
			(await import("./priors/load.ts")).openBeside(station, studyInstanceUid, tools, !hasRoomForOne()),
	};
}
