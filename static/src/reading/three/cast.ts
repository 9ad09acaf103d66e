/** Rays through cubes of values to pixels, on the CPU: light gathered front to back, or the brightest value. Pure. */

import type { Vector } from "../manifest.ts";
import { entryOf, type Look, SHIFT, type Table, tableOf } from "./presets.ts";
import type { Voxels } from "./voxels.ts";

/** An orthographic view: directions and centre count in cubes along their axes. */
export interface View {
	readonly right: Vector;
	readonly down: Vector;
	readonly forward: Vector;
	readonly centre: Vector;
	/** Cubes for one pixel. */
	readonly perPixel: number;
	readonly width: number;
	readonly height: number;
	/** From sample to sample along a ray, in cubes. */
	readonly step: number;
}

/** Cubes to a side of a block that is passed at once where nothing is seen in it: 2³. */
const BLOCK_BITS = 3;
const BLOCK = 1 << BLOCK_BITS;
const OPAQUE_FROM = 0.97;
const AMBIENT = 0.28;
const LOWEST = -2048;
const BLACK = 0xff000000;

function packed(red: number, green: number, blue: number): number {
	return (BLACK | (Math.min(255, blue) << 16) | (Math.min(255, green) << 8) | Math.min(255, red)) >>> 0;
}

export class Caster {
	readonly #voxels: Voxels;
	readonly #scale: number;
	/** Blocks along each axis, and the smallest and largest value that is met within each. */
	readonly #blocks: readonly [number, number, number];
	readonly #least: Int16Array;
	readonly #most: Int16Array;
	#table: Table | null = null;
	#of: { stops: unknown; step: number } | null = null;
	#seen = new Uint8Array(0);

	constructor(voxels: Voxels, scale: number) {
		this.#voxels = voxels;
		this.#scale = scale;
		const [nx, ny, nz] = voxels.sides;
		const count = (side: number): number => Math.ceil(side / BLOCK);
		this.#blocks = [count(nx), count(ny), count(nz)];
		const blocks = this.#blocks[0] * this.#blocks[1] * this.#blocks[2];
		this.#least = new Int16Array(blocks);
		this.#most = new Int16Array(blocks);
		this.#bound();
	}

	#bound(): void {
		const [bx, by, bz] = this.#blocks;
		for (let c = 0, block = 0; c < bz; c++) {
			for (let b = 0; b < by; b++) {
				for (let a = 0; a < bx; a++, block++) this.#boundOne(block, a * BLOCK, b * BLOCK, c * BLOCK);
			}
		}
	}

	/** A sample between cubes mixes those of the next block: each block counts what lies one cube beyond it. */
	#boundOne(block: number, left: number, upper: number, first: number): void {
		const { sides, values } = this.#voxels;
		const [nx, ny, nz] = sides;
		let [least, most] = [32_767, -32_768];
		for (let z = first; z <= Math.min(first + BLOCK, nz - 1); z++) {
			for (let y = upper; y <= Math.min(upper + BLOCK, ny - 1); y++) {
				const row = (z * ny + y) * nx;
				for (let x = left; x <= Math.min(left + BLOCK, nx - 1); x++) {
					const value = values[row + x] as number;
					if (value < least) least = value;
					if (value > most) most = value;
				}
			}
		}
		this.#least[block] = least;
		this.#most[block] = most;
	}

	/** Rows `from` to `to` (excluded) of a picture, row by row, as 32-bit views of ImageData. */
	rows(view: View, look: Look, from: number, to: number): Uint32Array<ArrayBuffer> {
		const found = new Uint32Array(view.width * Math.max(0, to - from)).fill(BLACK);
		if (look.kind === "composite") this.#prepare(look.stops, view.step);
		const { right, down, forward, centre, perPixel, width, height } = view;
		for (let y = from, at = 0; y < to; y++) {
			for (let x = 0; x < width; x++, at++) {
				const [across, below] = [(x + 0.5 - width / 2) * perPixel, (y + 0.5 - height / 2) * perPixel];
				const start: Vector = [
					centre[0] + right[0] * across + down[0] * below,
					centre[1] + right[1] * across + down[1] * below,
					centre[2] + right[2] * across + down[2] * below,
				];
				const reach = this.#reach(start, forward);
				if (reach === null) continue;
				found[at] =
					look.kind === "mip"
						? this.#brightest(start, view, reach, look)
						: this.#gathered(start, view, reach);
			}
		}
		return found;
	}

	#prepare(stops: Parameters<typeof tableOf>[0], step: number): void {
		if (this.#of?.stops === stops && this.#of.step === step) return;
		this.#of = { stops, step };
		const table = tableOf(stops, step * this.#voxels.mm, this.#scale);
		this.#table = table;
		this.#seen = Uint8Array.from(this.#least, (least, block) => {
			const low = entryOf(least);
			const high = entryOf(this.#most[block] as number);
			return (table.seen[high] as number) > (low === 0 ? 0 : (table.seen[low - 1] as number)) ? 1 : 0;
		});
	}

	/** From where to where a ray lies within the cubes' centres; null where it passes beside. */
	#reach(start: Vector, way: Vector): readonly [number, number] | null {
		let [near, far] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
		for (let axis = 0; axis < 3; axis++) {
			const [from, along] = [start[axis] as number, way[axis] as number];
			const most = (this.#voxels.sides[axis] as number) - 1;
			if (Math.abs(along) < 1e-9) {
				if (from < 0 || from > most) return null;
				continue;
			}
			const [a, b] = [-from / along, (most - from) / along];
			near = Math.max(near, Math.min(a, b));
			far = Math.min(far, Math.max(a, b));
		}
		return near < far ? [near, far] : null;
	}

	/** The block of a place. */
	#blockAt(x: number, y: number, z: number): number {
		const [bx, by] = this.#blocks;
		return ((z >> BLOCK_BITS) * by + (y >> BLOCK_BITS)) * bx + (x >> BLOCK_BITS);
	}

	/** How far a ray goes on within the block of a place. */
	#toEdge(x: number, y: number, z: number, way: Vector): number {
		const along = (at: number, by: number): number => {
			if (by > 1e-9) return (((at >> BLOCK_BITS) + 1) * BLOCK - at) / by;
			if (by < -1e-9) return ((at >> BLOCK_BITS) * BLOCK - at) / by;
			return Number.POSITIVE_INFINITY;
		};
		return Math.min(along(x, way[0]), along(y, way[1]), along(z, way[2]));
	}

	/** Between the eight cubes about a place within them. */
	#between(x: number, y: number, z: number): number {
		const { sides, values } = this.#voxels;
		const [nx, ny, nz] = sides;
		const [i, j, k] = [x | 0, y | 0, z | 0];
		const [u, v, w] = [x - i, y - j, z - k];
		const a = (k * ny + j) * nx + i;
		const dx = i + 1 < nx ? 1 : 0;
		const dy = j + 1 < ny ? nx : 0;
		const dz = k + 1 < nz ? nx * ny : 0;
		const p = values[a] as number;
		const q = values[a + dx] as number;
		const r = values[a + dy] as number;
		const s = values[a + dx + dy] as number;
		const lower = (p + (q - p) * u) * (1 - v) + (r + (s - r) * u) * v;
		const e = a + dz;
		const f = values[e] as number;
		const g = values[e + dx] as number;
		const h = values[e + dy] as number;
		const l = values[e + dx + dy] as number;
		const upper = (f + (g - f) * u) * (1 - v) + (h + (l - h) * u) * v;
		return lower + (upper - lower) * w;
	}

	/** The brightest value on the way, by window. */
	#brightest(
		start: Vector,
		{ forward, step }: View,
		[near, far]: readonly [number, number],
		look: Look,
	): number {
		let most = LOWEST;
		for (let t = near; t <= far; ) {
			const x = Math.max(0, start[0] + forward[0] * t);
			const y = Math.max(0, start[1] + forward[1] * t);
			const z = Math.max(0, start[2] + forward[2] * t);
			if ((this.#most[this.#blockAt(x, y, z)] as number) <= most) {
				t += Math.max(step, this.#toEdge(x, y, z, forward));
				continue;
			}
			const value = this.#between(x, y, z);
			if (value > most) most = value;
			t += step;
		}
		if (look.kind !== "mip") return BLACK;
		const share = (most / this.#scale - look.low) / (look.high - look.low);
		const level = Math.round(255 * Math.min(1, Math.max(0, share)));
		return packed(level, level, level);
	}

	/** Light gathered from the front on until no more comes through. */
	#gathered(start: Vector, { forward, step }: View, [near, far]: readonly [number, number]): number {
		const table = this.#table;
		if (table === null) return BLACK;
		let [red, green, blue, through] = [0, 0, 0, 1];
		for (let t = near; t <= far && through > 1 - OPAQUE_FROM; ) {
			const x = Math.max(0, start[0] + forward[0] * t);
			const y = Math.max(0, start[1] + forward[1] * t);
			const z = Math.max(0, start[2] + forward[2] * t);
			if (this.#seen[this.#blockAt(x, y, z)] === 0) {
				t += Math.max(step, this.#toEdge(x, y, z, forward));
				continue;
			}
			t += step;
			const entry = (this.#between(x, y, z) + 32_768) >> SHIFT;
			const opacity = table.opacity[entry] as number;
			if (opacity === 0) continue;
			const light = through * opacity * this.#lightAt(x, y, z, forward);
			red += light * (table.colour[3 * entry] as number);
			green += light * (table.colour[3 * entry + 1] as number);
			blue += light * (table.colour[3 * entry + 2] as number);
			through *= 1 - opacity;
		}
		return packed(red, green, blue);
	}

	/** How a surface there is lit from the eye: whole where it faces it, dim where it is seen from the side. */
	#lightAt(x: number, y: number, z: number, forward: Vector): number {
		const { sides, values } = this.#voxels;
		const [nx, ny, nz] = sides;
		const within = (at: number, most: number): number => (at < 1 ? 1 : at > most - 2 ? most - 2 : at);
		if (nx < 3 || ny < 3 || nz < 3) return 1;
		const [row, plane] = [nx, nx * ny];
		const i = within((z + 0.5) | 0, nz) * plane + within((y + 0.5) | 0, ny) * row + within((x + 0.5) | 0, nx);
		const rise = (by: number): number =>
			Math.max(LOWEST, values[i + by] as number) - Math.max(LOWEST, values[i - by] as number);
		const [gx, gy, gz] = [rise(1), rise(row), rise(plane)];
		const steep = Math.sqrt(gx * gx + gy * gy + gz * gz);
		if (steep === 0) return 1;
		const facing = Math.abs(gx * forward[0] + gy * forward[1] + gz * forward[2]) / steep;
		return AMBIENT + (1 - AMBIENT) * facing;
	}
}
