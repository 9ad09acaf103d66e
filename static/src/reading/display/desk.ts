/** What the station knows of the screen it stands on: its standing, the table for its greys, and sizes. */
import { say, t } from "../../kit/i18n.ts";
import { Store } from "../../kit/store.ts";
import {
	calibratedPxPerMm,
	type DisplayLike,
	keepCalibration,
	type Storage,
} from "../../ui/screen/screen.ts";
import type { Command } from "../commands.ts";
import type { Station } from "../station.ts";
import type { ObjectFacts } from "../tools/measuring.ts";
import { type Obstacle, type SizeMode, Sizing } from "./sizing.ts";
import {
	type Kept,
	keep,
	keptOf,
	PRIMARY_CANDELAS_MIN,
	PRIMARY_CONTRAST_MIN,
	type Standing,
	standingOf,
} from "./standing.ts";
import { displayTexts } from "./texts.ts";
import { contrastOf, displayTable, LEVEL_MAX, seenAt } from "./transform.ts";

export interface ScreenState {
	readonly kept: Kept | null;
	readonly standing: Standing;
	readonly pxPerMm: number | null;
}

/** `card`: measuring the screen with a bank card. */
export type DeskPanel = "check" | "card";

const SAID = { pixel: "said_pixel", true: "said_true" } as const;

export interface DeskOptions {
	readonly storage: Storage;
	readonly display: DisplayLike;
	readonly facts: () => ObjectFacts;
	readonly nowMs: () => number;
	/** Tells the reader why something cannot be. */
	readonly tell: (text: string) => void;
}

export class Desk {
	readonly screen: Store<ScreenState>;
	readonly panel = new Store<DeskPanel | null>(null);
	readonly #station: Station;
	readonly #options: DeskOptions;
	readonly #sizing: Sizing;
	#wanted: SizeMode | null = null;

	constructor(station: Station, options: DeskOptions) {
		this.#station = station;
		this.#options = options;
		this.screen = new Store(this.#found());
		this.#sizing = new Sizing(station, {
			facts: options.facts,
			glass: () => ({ ratio: options.display.devicePixelRatio, pxPerMm: this.screen.value.pxPerMm }),
			said: (mode, { source }) => {
				const detector = mode === "true" && source === "imager";
				return t(displayTexts)[detector ? "said_detector" : SAID[mode]];
			},
		});
		this.look();
	}

	close(): void {
		this.#sizing.close();
	}

	/** Looks anew at which screen this is. */
	look(): void {
		const found = this.#found();
		const before = this.screen.value;
		const changed = JSON.stringify(found) !== JSON.stringify(before);
		if (changed) this.screen.set(found);
		const on = found.kept?.on === true ? found.kept.measured : null;
		if (changed || (on !== null) !== (this.#station.greys.value !== null)) {
			this.#station.greys.set(on === null ? null : displayTable(on));
		}
		this.#sizing.look();
	}

	/** Keeps what was measured of this screen; false when this browser keeps nothing. */
	keepMeasured(kept: Kept | null): boolean {
		const done = keep(this.#options.storage, this.#options.display, kept);
		this.look();
		return done;
	}

	/** Keeps the millimetres of this screen, and shows what waited for them. */
	keepCard(pxPerMm: number): boolean {
		if (!keepCalibration(this.#options.storage, this.#options.display, pxPerMm)) return false;
		this.look();
		if (this.#wanted !== null) this.size(this.#wanted);
		return true;
	}

	/** Shows the active pane in a size, or says why not; the screen is measured where only that lacks. */
	size(mode: SizeMode): void {
		const obstacle: Obstacle | null = this.#sizing.toggle(mode);
		this.#wanted = obstacle === "no_screen" ? mode : null;
		if (obstacle === "no_screen") this.panel.set("card");
		if (obstacle !== null) this.#options.tell(t(displayTexts)[obstacle]);
	}

	commands(): Command[] {
		const words = () => t(displayTexts);
		return [
			{ id: "size.pixel", keys: "Shift+Z", label: () => words().onePixel, run: () => this.size("pixel") },
			{ id: "size.true", keys: "Shift+S", label: () => words().trueSize, run: () => this.size("true") },
			{
				id: "display.check",
				keys: "Shift+O",
				label: () => words().check,
				run: () => this.panel.set("check"),
			},
		];
	}

	#found(): ScreenState {
		const { storage, display, nowMs } = this.#options;
		const kept = keptOf(storage, display);
		return { kept, standing: standingOf(kept, nowMs()), pxPerMm: calibratedPxPerMm(storage, display) };
	}
}

/** The standing of a screen in words. */
export function standingSaid({ kept, standing }: ScreenState): string {
	const words = t(displayTexts);
	const params = {
		date: kept?.at.slice(0, 10) ?? "",
		candelas: kept === null ? 0 : Math.round(seenAt(kept.measured, LEVEL_MAX)),
		contrast: kept === null ? 0 : Math.round(contrastOf(kept.measured)),
		least: standing === "dim" ? PRIMARY_CANDELAS_MIN : PRIMARY_CONTRAST_MIN,
	};
	const said = say(words[standing], params);
	return standing === "primary" ? said : `${words.reference} · ${said}`;
}
