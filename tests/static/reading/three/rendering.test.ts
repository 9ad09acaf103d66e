import { describe, expect, it } from "vitest";
import type { Series, Vector } from "../../../../static/src/reading/manifest.ts";
import { Resampler } from "../../../../static/src/reading/mpr/resample.ts";
import { heightOf, indexOf, middleOf } from "../../../../static/src/reading/mpr/volume.ts";
import { cross, plus, times } from "../../../../static/src/reading/mpr/vectors.ts";
import { dot, edgeLetters } from "../../../../static/src/reading/space.ts";
import { BallHand, bindings, FINE, TURN } from "../../../../static/src/reading/three/acts.ts";
import {
	type Camera,
	forwardOf,
	orientationOf,
	rotated,
	SIDES,
	seenFrom,
	viewOf,
	zoomed,
} from "../../../../static/src/reading/three/camera.ts";
import {
	type CasterLike,
	Crew,
	type CubesMessage,
	RowMaker,
	type RowsMessage,
} from "../../../../static/src/reading/three/crew.ts";
import { type Machine, renderingOf } from "../../../../static/src/reading/three/load.ts";
import { coarser, finest, Rendering } from "../../../../static/src/reading/three/rendering.ts";
import { threeTexts } from "../../../../static/src/reading/three/texts.ts";
import { fill, gridAt, layoutOf, NOTHING } from "../../../../static/src/reading/three/voxels.ts";
import { aCt, aPet, aStation } from "../fusion/pets.ts";
import { aScan, along, scanned, seriesOf, TILTED, volumeIn } from "../mpr/phantoms.ts";
import { figures } from "../studies.ts";
import { aBall, aView, WHITE_BONE } from "./bodies.ts";

const WORDS = threeTexts.zh;
const QUICK = { breathe: async () => undefined, now: () => 0, stop: () => false };

describe("the cubes of a volume", () => {
	it("are even, hold all of it and no more", () => {
		const volume = volumeIn(seriesOf(aScan()));
		const layout = layoutOf(volume, 256);
		// 32 × 39.6 × 40 mm in cubes of the finest spacing, 0.8 mm.
		expect(layout.mm).toBeCloseTo(0.8);
		expect(layout.sides).toEqual([40, 50, 50]);
		expect(layout.origin).toEqual([expect.closeTo(-16), expect.closeTo(-20.15), expect.closeTo(-19.6)]);
	});

	it("are coarser where they would be too many", () => {
		const volume = volumeIn(seriesOf(aScan()));
		const layout = layoutOf(volume, 20);
		expect(Math.max(...layout.sides)).toBe(20);
		expect(layout.mm).toBeCloseTo(2);
	});

	it("have axes at right angles though the gantry is tilted", () => {
		const scan = aScan({ orientation: TILTED, positions: along([-16, -20, -19], [0, 0, 2], 20) });
		const { axes } = layoutOf(volumeIn(seriesOf(scan)), 64);
		const [u, v, n] = axes;
		expect([dot(u, v), dot(v, n), dot(u, n)]).toEqual([expect.closeTo(0), expect.closeTo(0), expect.closeTo(0)]);
	});

	it("keep the rescaled values of their places, and nothing where nothing lies", async () => {
		const series = seriesOf(aScan({ orientation: TILTED, positions: along([-16, -20, -19], [0, 0, 2], 20) }));
		const volume = volumeIn(series);
		const value = ([x, y, z]: Vector): number => 100 + 3 * x - 2 * y + z;
		const resampler = new Resampler(volume, scanned(series, volume, value));
		const layout = layoutOf(volume, 24);
		const values = new Int16Array(layout.sides[0] * layout.sides[1] * layout.sides[2]);
		expect(await fill(layout, resampler, values, QUICK)).toBe(true);
		let there = 0;
		for (const [i, kept] of values.entries()) {
			const [nx, ny] = layout.sides;
			const [x, y, z] = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / nx / ny)];
			const grid = gridAt(layout, z);
			const place = plus(grid.origin, plus(times(grid.right, x), times(grid.down, y)));
			const [column, row, height] = indexOf(volume, place);
			const inside = column >= 0 && row >= 0 && height >= 0 && column <= 39 && row <= 35;
			if (!inside || height > heightOf(volume)) continue;
			expect(Math.abs(kept - value(place))).toBeLessThanOrEqual(0.51);
			there += 1;
		}
		expect(there).toBeGreaterThan(500);
		expect(values).toContain(NOTHING);
	});

	it("keep large values in proportion", () => {
		const plain = aCt({ bitsStored: 16, rescaleSlope: 2 });
		const layout = layoutOf(volumeIn(plain), 32);
		expect(layout.scale).toBeCloseTo(32_000 / 131_072);
		expect(layoutOf(volumeIn(aCt()), 32).scale).toBe(1);
	});

	it("are filled in pieces, and not to the end when that is given up", async () => {
		const layout = layoutOf(volumeIn(aCt()), 32);
		const shares: number[] = [];
		let clock = 0;
		const rows = () => new Float32Array(layout.sides[0] * layout.sides[1]).fill(70_000);
		const pace = {
			breathe: async () => undefined,
			now: () => (clock += 5),
			stop: (share: number) => shares.push(share) > 2,
		};
		const values = new Int16Array(layout.sides[0] * layout.sides[1] * layout.sides[2]);
		expect(await fill(layout, { rows }, values, pace)).toBe(false);
		expect(shares).toHaveLength(3);
		expect(values[0]).toBe(32_000);
		expect(values.at(-1)).toBe(0);
	});
});

describe("the camera", () => {
	it.each([
		["front", "RLHF"],
		["back", "LRHF"],
		["left", "APHF"],
		["right", "PAHF"],
		["head", "LRAP"],
		["feet", "RLAP"],
	] as const)("from the %s has left, right, above and below %s", (side, letters) => {
		const { left, right, top, bottom } = edgeLetters(orientationOf(seenFrom(side))) ?? {};
		expect(`${left}${right}${top}${bottom}`).toBe(letters);
	});

	it("looks from where it says", () => {
		const ways = SIDES.map((side) => forwardOf(seenFrom(side)).map((part) => part + 0));
		expect(ways).toEqual([
			[0, 1, 0],
			[0, -1, 0],
			[-1, 0, 0],
			[1, 0, 0],
			[0, 0, -1],
			[0, 0, 1],
		]);
	});

	it("turns as a hand turns a ball: what is in front goes where the hand goes", () => {
		const quarter = Math.PI / 2;
		const right = rotated(seenFrom("front"), quarter, 0);
		expect(edgeLetters(orientationOf(right))).toEqual(edgeLetters(orientationOf(seenFrom("right"))));
		const down = rotated(seenFrom("front"), 0, quarter);
		expect(forwardOf(down)[2]).toBeCloseTo(-1);
	});

	it("stays at right angles, however often it is turned", () => {
		const random = figures(9);
		let camera: Camera = seenFrom("front");
		for (let n = 0; n < 500; n++) {
			camera = rotated(camera, random() - 0.5, random() - 0.5);
			if (n % 50 !== 0) continue;
			expect(dot(camera.right, camera.down)).toBeCloseTo(0, 9);
			expect(dot(camera.right, camera.right)).toBeCloseTo(1, 9);
			expect(dot(camera.down, camera.down)).toBeCloseTo(1, 9);
		}
		const back = rotated(rotated(camera, 0.3, 0), -0.3, 0);
		expect(dot(back.right, camera.right)).toBeCloseTo(1, 9);
	});

	it("zooms within bounds", () => {
		expect(zoomed(seenFrom("front"), 2).zoom).toBe(2);
		expect(zoomed(seenFrom("front"), 1e9).zoom).toBe(8);
		expect(zoomed(seenFrom("front"), 0).zoom).toBe(0.5);
	});

	it("shows the whole of the cubes in the middle, whatever a picture's pixels", () => {
		const volume = volumeIn(aCt());
		const layout = layoutOf(volume, 32);
		const size = { width: 300, height: 200 };
		const [one, four] = [1, 4].map((scale) => viewOf(seenFrom("front"), layout, size, scale, 1));
		expect([one?.width, one?.height, four?.width, four?.height]).toEqual([300, 200, 75, 50]);
		expect((four?.perPixel ?? 0) / (one?.perPixel ?? 1)).toBeCloseTo(4);
		expect((one?.perPixel ?? 0) * 200).toBeGreaterThan(Math.max(...layout.sides));
		expect(one?.centre).toEqual(layout.sides.map((side) => (side - 1) / 2));
		expect(middleOf(volume)[0]).toBeCloseTo(layout.origin[0] + (layout.mm * (layout.sides[0] - 1)) / 2, 0);
	});

	it("gives directions along the cubes' axes", () => {
		const layout = layoutOf(volumeIn(aCt()), 32);
		const view = viewOf(rotated(seenFrom("left"), 0.4, 0.2), layout, { width: 9, height: 9 }, 1, 1);
		const third = cross(view.right, view.down);
		for (const axis of [0, 1, 2] as const) expect(third[axis]).toBeCloseTo(view.forward[axis]);
	});
});

describe("coarseness", () => {
	it("follows the time that a picture took, within bounds", () => {
		expect(coarser(4, 60)).toBe(4);
		expect(coarser(4, 200)).toBeCloseTo(5.6);
		expect(coarser(8, 900)).toBe(8);
		expect(coarser(4, 10)).toBeCloseTo(3.2);
		expect(coarser(2, 1)).toBe(2);
	});

	it("at rest is a pixel, but for the largest pictures", () => {
		expect([finest({ width: 500, height: 300 }), finest({ width: 1280, height: 700 })]).toEqual([1, 2]);
	});
});

/** A worker that answers when it is told to. */
class Slow implements CasterLike {
	onmessage: CasterLike["onmessage"] = null;
	onerror: CasterLike["onerror"] = null;
	closed = false;
	readonly heard: RowsMessage[] = [];
	#maker: RowMaker | null = null;

	postMessage(message: CubesMessage | RowsMessage): void {
		if (message.kind === "cubes") this.#maker = new RowMaker(message);
		else this.heard.push(message);
	}
	terminate(): void {
		this.closed = true;
	}
	answer(): void {
		const message = this.heard.shift();
		const data = message === undefined ? undefined : this.#maker?.answer(message);
		if (data !== undefined) this.onmessage?.({ data });
	}
}

describe("the crew", () => {
	function aCrew(workers = 2) {
		const made: Slow[] = [];
		const voxels = aBall(16, 5);
		const crew = new Crew({
			voxels,
			scale: 1,
			makeWorker: () => {
				const one = new Slow();
				made.push(one);
				return one;
			},
			workers,
			breathe: async () => undefined,
			now: () => performance.now(),
		});
		const wish = { view: aView(voxels), look: WHITE_BONE };
		return { crew, made, wish };
	}

	it("shares the rows out and puts them together", async () => {
		const { crew, made, wish } = aCrew();
		const coming = crew.run(wish);
		for (const one of [...made].reverse()) one.answer();
		const alone = aCrew(0);
		expect([...((await coming) ?? [])]).toEqual([...((await alone.crew.run(wish)) ?? [])]);
	});

	it("does the newest wish next and gives up those between", async () => {
		const { crew, made, wish } = aCrew();
		const [first, second, third] = [crew.run(wish), crew.run(wish), crew.run(wish)];
		expect(await second).toBeNull();
		for (const one of made) one.answer();
		expect(await first).not.toBeNull();
		for (const one of made) one.answer();
		expect(await third).not.toBeNull();
	});

	it("goes on by itself where workers do not run", async () => {
		const { crew, made, wish } = aCrew();
		const coming = crew.run(wish);
		made[0]?.onerror?.({});
		expect(await coming).not.toBeNull();
		expect(made.every(({ closed }) => closed)).toBe(true);
	});

	it("ends with those who wait for it", async () => {
		const { crew, made, wish } = aCrew();
		const waiting = [crew.run(wish), crew.run(wish)];
		crew.close();
		expect(await Promise.all([...waiting, crew.run(wish)])).toEqual([null, null, null]);
		expect(made.every(({ closed }) => closed)).toBe(true);
	});
});

const MACHINE: Machine = {
	sideMax: 24,
	makeWorker: () => new Slow(),
	workers: 0,
	shared: null,
	breathe: async () => undefined,
	now: () => performance.now(),
};

function aRendering(series: Series = aCt(), machine: Partial<Machine> = {}, bytesMax = 1e8) {
	const station = aStation([series], bytesMax);
	station.scan(series, ([x, y]) => (Math.hypot(x - 7, y - 5) < 4 ? 900 : -1000));
	return { station, opened: renderingOf(station, WORDS, { ...MACHINE, ...machine }) };
}

function opened(...args: Parameters<typeof aRendering>): Rendering {
	const { opened: made } = aRendering(...args);
	if (!(made instanceof Rendering)) throw new Error(made);
	return made;
}

const SIZE = { width: 60, height: 40 };

describe("a rendering", () => {
	it("gives pictures once the volume is taken up, another when it is turned", async () => {
		const rendering = opened();
		expect(await rendering.picture(SIZE, false)).toBeNull();
		await rendering.open();
		expect(rendering.state.value).toMatchObject({ ready: 1, slices: 5, preset: "bone" });
		const first = await rendering.picture(SIZE, false);
		expect([first?.width, first?.height, first?.whole]).toEqual([60, 40, true]);
		expect(new Set(first?.pixels).size).toBeGreaterThan(3);
		rendering.rotate(0.7, 0.3);
		expect((await rendering.picture(SIZE, false))?.pixels).not.toEqual(first?.pixels);
		rendering.reset();
		expect((await rendering.picture(SIZE, false))?.pixels).toEqual(first?.pixels);
	});

	it("is coarse while it moves", async () => {
		const rendering = opened();
		await rendering.open();
		const moving = await rendering.picture(SIZE, true);
		expect([moving?.width, moving?.height, moving?.whole]).toEqual([15, 10, false]);
	});

	it("uses memory that workers share where there is some", async () => {
		const sizes: number[] = [];
		const shared = (bytes: number): SharedArrayBuffer => {
			sizes.push(bytes);
			return new SharedArrayBuffer(bytes);
		};
		const rendering = opened(aCt(), { shared });
		await rendering.open();
		const [x, y, z] = rendering.layout.sides;
		expect(sizes).toEqual([2 * x * y * z]);
	});

	it("takes up what has come meanwhile, and nothing once it is closed", async () => {
		const { station, opened: made } = aRendering({ ...aCt(), uid: "1.2.8" });
		if (!(made instanceof Rendering)) throw new Error(made);
		station.held.get("1.2.8")?.delete(2);
		await made.open();
		expect([made.state.value.slices, made.count]).toEqual([4, 5]);
		made.close();
		await made.open();
		expect(await made.picture(SIZE, false)).toBeNull();
	});

	it("has the presets that there are, and keeps to them", () => {
		const mr = opened({ ...aCt(), modality: "MR" });
		expect(mr.presets).toEqual(["soft", "mip"]);
		mr.use("bone");
		expect(mr.state.value.preset).toBe("soft");
		mr.use("mip");
		expect(mr.state.value.preset).toBe("mip");
	});

	it.each([
		["of another modality", { ...aPet(), uid: "1.2.3" }, 1e8, WORDS.refusedKind],
		["of two slices", { ...aCt(), frames: aCt().frames.slice(0, 2) }, 1e8, WORDS.refusedVolume],
		["without room", aCt(), 100, WORDS.refusedMemory],
		["without a form", { ...aCt(), frames: aCt().frames.map((one) => ({ ...one, form: null })) }, 1e8, WORDS.refusedEmpty],
	] as const)("is none %s, which is said", (_, series, bytesMax, said) => {
		const station = aStation([series], bytesMax);
		expect(renderingOf(station, WORDS, MACHINE)).toBe(said);
	});
});

describe("hands", () => {
	it("turn by keys, finely with Shift, and reset by Space", () => {
		const rendering = opened();
		let left = 0;
		const all = bindings(
			rendering,
			() => WORDS,
			() => {
				left += 1;
			},
		);
		const press = (keys: string): void =>
			all.find((one) => [one.keys].flat().includes(keys))?.run(undefined as unknown as KeyboardEvent);
		const start = rendering.state.value.camera;
		press("ArrowRight");
		expect(dot(rendering.state.value.camera.right, start.right)).toBeCloseTo(Math.cos(TURN));
		press("ArrowLeft");
		press("Shift+ArrowDown");
		expect(dot(rendering.state.value.camera.down, start.down)).toBeCloseTo(Math.cos(FINE));
		press("+");
		expect(rendering.state.value.camera.zoom).toBeCloseTo(1.25);
		press("Space");
		expect(rendering.state.value.camera).toEqual(start);
		press("4");
		expect(rendering.state.value.preset).toBe("mip");
		press("Escape");
		press("J");
		expect(left).toBe(2);
		expect(all.every((one) => one.label() !== "")).toBe(true);
	});

	it("turn by one finger, zoom by two and by the wheel", () => {
		const done: string[] = [];
		const hand = new BallHand({
			rotate: (x, y) => void done.push(`turn ${Math.sign(x)} ${Math.sign(y)}`),
			zoom: (factor) => void done.push(`zoom ${factor > 1 ? "in" : "out"}`),
		});
		const at = (id: number, x: number, y: number) => ({ id, point: { x, y } });
		hand.move(at(1, 5, 5));
		hand.down(at(1, 10, 10));
		hand.move(at(1, 20, 5));
		hand.down(at(2, 40, 10));
		hand.move(at(2, 80, 10));
		hand.move(at(2, 30, 10));
		hand.up(2);
		hand.move(at(1, 19, 5));
		hand.up(1);
		hand.move(at(1, 90, 90));
		hand.wheel(-100);
		hand.wheel(100);
		expect(done).toEqual(["turn 1 -1", "zoom in", "zoom out", "turn -1 0", "zoom in", "zoom out"]);
	});
});
