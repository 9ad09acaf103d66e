import { describe, expect, it, vi } from "vitest";
import { type Doors, type Later, openLater } from "../../../static/src/reading/later.ts";
import { aSeries } from "./studies.ts";
import { aReadyStation } from "./tools/marks.ts";

type Part = { close: () => void };

/** Doors that open when the test says so, in whatever order. */
class Held implements Doors {
	readonly asked: string[] = [];
	readonly closed: string[] = [];
	readonly #opens = new Map<string, (part: Part) => void>();

	#ask(name: string): Promise<never> {
		this.asked.push(name);
		return new Promise<Part>((resolve) => void this.#opens.set(name, resolve)) as Promise<never>;
	}

	tools = () => this.#ask("tools");
	desk = () => this.#ask("desk");
	beside = () => this.#ask("beside");

	async open(name: string): Promise<void> {
		this.#opens.get(name)?.({ close: () => void this.closed.push(name) });
		for (let turn = 0; turn < 10; turn++) await Promise.resolve();
	}
}

function there(later: Later): string[] {
	return Object.entries(later)
		.filter(([, part]) => part !== null)
		.map(([name]) => name);
}

function aPage() {
	const station = aReadyStation();
	const doors = new Held();
	const opening = openLater(station, doors);
	return { station, doors, opening };
}

describe("what comes after the first image", () => {
	it("is not asked for before it stands", () => {
		const { station, doors, opening } = aPage();
		expect([doors.asked, there(opening.here.value)]).toEqual([[], []]);
		station.presented();
		expect(doors.asked).toEqual(["tools"]);
	});

	it("is asked for at once when it stands already", () => {
		const station = aReadyStation();
		station.presented();
		const doors = new Held();
		openLater(station, doors);
		expect(doors.asked).toEqual(["tools"]);
	});

	it.each(["pixels.none", "pixels.transfer_syntax_unknown"])(
		"comes too where that image cannot be shown: %s",
		(problem) => {
			const series = aSeries(2);
			const frames = series.frames.map((frame) => ({ ...frame, form: null, problem }));
			const station = aReadyStation([{ ...series, frames }]);
			const doors = new Held();
			openLater(station, doors);
			expect(doors.asked).toEqual(["tools"]);
			station.presented();
			expect(doors.asked).toEqual(["tools"]);
		},
	);

	it("comes too where there is no image at all, once that is known", () => {
		const station = aReadyStation([]);
		station.status.set("opening");
		const doors = new Held();
		openLater(station, doors);
		expect(doors.asked).toEqual([]);
		station.status.set("empty");
		expect(doors.asked).toEqual(["tools"]);
	});

	it("comes one after the other, each told as soon as it is there", async () => {
		const { station, doors, opening } = aPage();
		const told: string[][] = [];
		opening.here.subscribe((later) => told.push(there(later)));
		station.presented();
		for (const name of ["tools", "desk", "beside"]) {
			expect(doors.asked.at(-1)).toBe(name);
			await doors.open(name);
		}
		expect(told).toEqual([[], ["tools"], ["tools", "opened"], ["tools", "opened", "beside"]]);
		expect(doors.closed).toEqual([]);
	});

	it("is closed with the page, the tools last", async () => {
		const { station, doors, opening } = aPage();
		station.presented();
		for (const name of ["tools", "desk", "beside"]) await doors.open(name);
		opening.close();
		expect(doors.closed).toEqual(["desk", "beside", "tools"]);
	});

	it.each([
		["tools", []],
		["desk", ["tools"]],
		["beside", ["tools", "desk"]],
	])("that comes too late, as %s here, is closed and told to nobody", async (late, before) => {
		const { station, doors, opening } = aPage();
		station.presented();
		for (const name of before) await doors.open(name);
		const heard = vi.fn();
		opening.close();
		opening.here.subscribe(heard);
		expect(doors.closed.toSorted()).toEqual([...before].toSorted());
		await doors.open(late);
		expect(doors.closed.at(-1)).toBe(late);
		expect(heard).toHaveBeenCalledTimes(1);
		expect(doors.asked.at(-1)).toBe(late);
	});

	it("is never asked for by a page that was left before its first image", () => {
		const { station, doors, opening } = aPage();
		opening.close();
		station.presented();
		expect(doors.asked).toEqual([]);
	});
});
