/** The segmentations and structure sets that a reader shows over the images, for as long as the page is open. */
import { asProblem } from "../../api/problem.ts";
import { Store } from "../../kit/store.ts";
import type { Frame, Series } from "../manifest.ts";
import type { Pane } from "../pane.ts";
import { projectionOf } from "../projection.ts";
import type { Station } from "../station.ts";
import type { ObjectFacts } from "../tools/measuring.ts";
import type { Item } from "../tools/scene.ts";
import { type Area, NOTHING } from "../tools/shapes.ts";
import { Masks } from "./masks.ts";
import { isSegmentation, type Outlined, partsOf } from "./parts.ts";
import { halfSliceMm, type Shown } from "./placing.ts";
import { contourSource, maskSource, type Source } from "./source.ts";
import type { RegionServer } from "./store.ts";

/** `code` of why it cannot be shown. `nowhere`: nothing of it lies on an image of this study. */
export type Standing =
	| { readonly kind: "off" | "loading" | "on" | "nowhere" }
	| { readonly kind: "failed"; readonly code: string };

export interface Look {
	readonly standing: Standing;
	/** Opacity of what lies within, 0 to 1. */
	readonly opacity: number;
	/** Parts that are not drawn, by number. */
	readonly hidden: ReadonlySet<number>;
	/** Frames that could not be decoded. */
	readonly broken: number;
}

/** An object that is on, with what it draws. */
export interface ShownObject {
	readonly uid: string;
	readonly object: Outlined;
	readonly source: Source;
	readonly look: Look;
}

const FILL = 0.35;
const UNSEEN: Look = { standing: { kind: "off" }, opacity: FILL, hidden: new Set(), broken: 0 };
type Looks = ReadonlyMap<string, Look>;

export class RegionBoard {
	/** How each object is looked at, by SOP Instance UID; those that nobody touched are not in it. */
	readonly looks = new Store<Looks>(new Map());
	readonly #station: Station;
	readonly #facts: () => ObjectFacts;
	readonly #server: RegionServer;
	readonly #changed: () => void;
	readonly #sources = new Map<string, { readonly object: Outlined; readonly source: Source }>();

	/** `changed` is called when panes are to be drawn again. */
	constructor(station: Station, facts: () => ObjectFacts, server: RegionServer, changed: () => void) {
		this.#station = station;
		this.#facts = facts;
		this.#server = server;
		this.#changed = changed;
	}

	look(object: Outlined): Look {
		return this.looks.value.get(object.header.sop_instance_uid) ?? UNSEEN;
	}

	/** Shows an object, fetching it the first time, or takes it off the images. */
	async toggle(object: Outlined): Promise<void> {
		const { kind } = this.look(object).standing;
		if (kind === "on") this.#set(object, { standing: { kind: "off" } });
		else if (kind !== "loading") await this.#show(object);
	}

	togglePart(object: Outlined, number: number): void {
		const hidden = new Set(this.look(object).hidden);
		if (!hidden.delete(number)) hidden.add(number);
		this.#set(object, { hidden });
	}

	setOpacity(object: Outlined, opacity: number): void {
		this.#set(object, { opacity: Math.min(1, Math.max(0, opacity)) });
	}

	/** Shows the middle one of the images on which a part lies; false when there is none. */
	async goTo(object: Outlined, part: number): Promise<boolean> {
		const { kind } = this.look(object).standing;
		if (kind !== "on" && kind !== "loading") await this.#show(object);
		const known = this.#sources.get(object.header.sop_instance_uid);
		const frame = known === undefined ? null : this.#middle(object, known.source, part);
		if (frame === null) return false;
		if (this.look(object).hidden.has(part)) this.togglePart(object, part);
		return this.#station.goToFrame(frame.sopInstanceUid, frame.number);
	}

	/** What is drawn over the frame of a pane. */
	items(pane: Pane): Item[] {
		const projection = projectionOf(pane);
		const { frame } = pane;
		const { series } = pane.state.value;
		if (projection === null || frame === null || series === null) return [];
		const place = this.#place(series, frame);
		return [...this.#sources].flatMap(([uid, { object, source }]) => {
			const look = this.look(object);
			if (look.standing.kind !== "on") return [];
			const colours = new Map(partsOf(object).map(({ number, colour }) => [number, colour]));
			const areas = source.areas(place, projection, (part) => {
				const colour = colours.get(part);
				return colour === undefined || look.hidden.has(part) ? null : { colour, fill: look.opacity };
			});
			return areas.length === 0 ? [] : [item(uid, areas)];
		});
	}

	/** The objects that are on, in the order in which they were first shown. */
	shown(): ShownObject[] {
		return [...this.#sources].flatMap(([uid, { object, source }]) => {
			const look = this.look(object);
			return look.standing.kind === "on" ? [{ uid, object, source, look }] : [];
		});
	}

	async #show(object: Outlined): Promise<void> {
		this.#set(object, { standing: { kind: "loading" } });
		try {
			const source = await this.#source(object);
			const kind = this.#middle(object, source, null) === null ? "nowhere" : "on";
			this.#set(object, { standing: { kind }, broken: source.broken });
		} catch (error) {
			this.#set(object, { standing: { kind: "failed", code: asProblem(error).code } });
		}
	}

	async #source(object: Outlined): Promise<Source> {
		const uid = object.header.sop_instance_uid;
		const known = this.#sources.get(uid);
		if (known !== undefined) return known.source;
		const source = isSegmentation(object)
			? maskSource(new Masks(...(await this.#server.masks(uid)), this.#changed))
			: contourSource(await this.#server.contours(uid));
		this.#sources.set(uid, { object, source });
		return source;
	}

	#place(series: Series, frame: Frame): Shown {
		const reference = this.#facts().frameOfReference(series.uid, frame.sopInstanceUid);
		return { frame, reference, halfMm: halfSliceMm(series, frame) };
	}

	/** The middle one of the frames that a part lies on: of the series on screen, else of the first that has any. */
	#middle(object: Outlined, source: Source, part: number | null): Frame | null {
		const active = this.#station.activePane.state.value.series;
		const own = object.header.series_instance_uid;
		const all = (this.#station.study.value?.series ?? []).filter(
			(one) => one.kind === "image" && one.uid !== own,
		);
		for (const series of [...all].sort((a, b) => Number(b === active) - Number(a === active))) {
			const on = series.frames.filter((frame) => source.lies(part, this.#place(series, frame)));
			const middle = on[Math.floor((on.length - 1) / 2)];
			if (middle !== undefined) return middle;
		}
		return null;
	}

	#set(object: Outlined, change: Partial<Look>): void {
		const uid = object.header.sop_instance_uid;
		this.looks.update((now) => new Map(now).set(uid, { ...(now.get(uid) ?? UNSEEN), ...change }));
		this.#changed();
	}
}

function item(uid: string, areas: readonly Area[]): Item {
	return { id: uid, tone: "object", shape: { ...NOTHING, areas }, lines: [], held: false };
}
