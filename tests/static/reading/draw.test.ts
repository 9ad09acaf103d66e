import { describe, expect, it } from "vitest";
import { Store } from "../../../static/src/kit/store.ts";
import { PaneCanvas } from "../../../static/src/reading/draw.ts";
import type { GlFrame } from "../../../static/src/reading/gl.ts";
import type { Layer } from "../../../static/src/reading/layer.ts";
import type { ImageForm, Series } from "../../../static/src/reading/manifest.ts";
import { Pane } from "../../../static/src/reading/pane.ts";
import type { Samples } from "../../../static/src/reading/samples.ts";
import type { Station } from "../../../static/src/reading/station.ts";
import { placement } from "../../../static/src/reading/view.ts";
import { grey, shade, share } from "../../../static/src/reading/voi.ts";
import { aCanvas } from "./canvases.ts";
import { aForm, aSeries } from "./studies.ts";

const WINDOWED = { windows: [{ center: 500, width: 1000, explanation: "" }] };

function aDesk(
	form: ImageForm,
	samples: readonly Samples[],
	changes: Partial<Series> = {},
	drawing: Uint8Array | null = null,
) {
	const series = aSeries(samples.length, { modality: "OT", ...changes }, form);
	const station = {
		samples: (_: Series, index: number) => samples[index],
		isPreview: () => false,
		drawingOver: () => drawing,
		greys: new Store<Uint8Array | null>(null),
		layer: new Store<Layer | null>(null),
	} as unknown as Station;
	const pane = new Pane();
	pane.size = { width: 40, height: 20 };
	pane.show(series);
	const { canvas, pens } = aCanvas();
	const picture = new PaneCanvas(canvas);
	const [pen, framePen] = pens;
	if (pen === undefined || framePen === undefined) throw new Error("no pens");
	const draw = (ratio = 1): boolean => picture.draw(station, pane, ratio);
	return { draw, pane, canvas, pen, framePen, series, picture, station };
}

const ramp = (from: number): Uint16Array => Uint16Array.from({ length: 16 }, (_, i) => from + i * 60);

describe("the picture of a pane", () => {
	it("holds exactly the shade of every stored value", () => {
		const form = aForm(WINDOWED);
		const samples = ramp(0);
		const { draw, framePen, pane } = aDesk(form, [samples]);
		expect(draw()).toBe(true);
		const voi = pane.voiFor(form, samples);
		expect([...(framePen.image ?? [])]).toEqual([...samples].map((one) => shade(one, form, voi, false)));
	});

	it("is sent in the driving levels of the screen, once they are known", () => {
		const form = aForm(WINDOWED);
		const samples = ramp(0);
		const { draw, framePen, pane, station } = aDesk(form, [samples]);
		draw();
		const plain = [...(framePen.image ?? [])];
		const levels = Uint8Array.from({ length: 1024 }, (_, i) => Math.round(255 * (i / 1023) ** 2));
		station.greys.set(levels);
		draw();
		const voi = pane.voiFor(form, samples);
		const expected = [...samples].map((one) => grey(levels[Math.round(share(one, voi) * 1023)] ?? 0));
		expect([...(framePen.image ?? [])]).toEqual(expected);
		expect(expected).not.toEqual(plain);
		station.greys.set(null);
		draw();
		expect([...(framePen.image ?? [])]).toEqual(plain);
	});

	it("starts on a whole device pixel and mixes nothing where an image pixel is a device pixel", () => {
		const { draw, pen, pane } = aDesk(aForm(WINDOWED), [ramp(0)]);
		const placed = () => placement(aForm(WINDOWED), pane.size, pane.state.value.view);
		for (const ratio of [1, 1.5, 2]) {
			pane.fit();
			pane.zoomCentre(1 / (placed().scaleY * ratio));
			pane.pan(0.3, 0.4);
			draw(ratio);
			expect(pen.imageSmoothingEnabled).toBe(false);
			for (const edge of pen.of("drawImage").at(-1)?.args.slice(0, 2) as number[]) {
				expect(edge * ratio).toBeCloseTo(Math.round(edge * ratio), 9);
			}
			pane.zoomCentre(1.1);
			draw(ratio);
			expect(pen.imageSmoothingEnabled).toBe(true);
		}
	});

	it("has what its object draws over it, in black when it is inverted", () => {
		const bits = Uint8Array.of(0b0010_0001, 0b1000_0000);
		const { draw, framePen, pane } = aDesk(aForm(WINDOWED), [ramp(0)], {}, bits);
		draw();
		const set = [0, 5, 15];
		for (const i of set) expect(framePen.image?.[i]).toBe(grey(255));
		expect(framePen.image?.[1]).not.toBe(grey(255));
		pane.toggleInvert();
		draw();
		for (const i of set) expect(framePen.image?.[i]).toBe(grey(0));
	});

	it("is covered where the object's shutter says", () => {
		const shutter = { rectangle: [0, 3, 0, 3], circle: null, polygon: [], level: 9 } as const;
		const { draw, framePen } = aDesk(aForm({ ...WINDOWED, shutter }), [ramp(0)]);
		draw();
		const covered = [...(framePen.image ?? [])].map((pixel) => pixel === grey(9));
		const [open, shut] = [
			[false, false, true, true],
			[true, true, true, true],
		];
		expect(covered).toEqual([...open, ...open, ...shut, ...shut]);
	});

	it("is painted by a card that can, and by the processor what a card cannot", () => {
		const bits = Uint8Array.of(0b0010_0001, 0b1000_0000);
		const card = { canvas: {} as HTMLCanvasElement, able: true, tables: [] as Uint32Array[] };
		const paint = (_form: ImageForm, _samples: Samples, table: Uint32Array): boolean => {
			card.tables.push(table);
			return card.able;
		};
		const desk = aDesk(aForm(WINDOWED), [ramp(0), ramp(7)]);
		desk.picture.use(Object.assign(card, { paint }) as unknown as GlFrame);
		desk.draw();
		expect([card.tables.length, desk.framePen.of("putImageData").length]).toEqual([1, 0]);
		expect(card.tables[0]?.[60]).toBe(shade(60, aForm(WINDOWED), desk.pane.voiFor(aForm(WINDOWED), ramp(0)), false));
		card.able = false;
		desk.pane.scroll(1);
		desk.draw();
		expect([card.tables.length, desk.framePen.of("putImageData").length]).toEqual([2, 1]);
		const covered = aDesk(aForm(WINDOWED), [ramp(0)], {}, bits);
		covered.picture.use(card as unknown as GlFrame);
		covered.draw();
		expect([card.tables.length, covered.framePen.of("putImageData").length]).toEqual([2, 1]);
	});

	it("lies where its placement says, whatever the screen's pixels", () => {
		const { draw, pen, canvas, pane } = aDesk(aForm(WINDOWED), [ramp(0)]);
		draw(2);
		expect([canvas.width, canvas.height]).toEqual([80, 40]);
		expect(pen.of("setTransform")[0]?.args).toEqual([2, 0, 0, 2, 0, 0]);
		// 4 × 4 pixels fitted into 40 × 20: 20 × 20, 10 from the left.
		expect(pen.of("drawImage")[0]?.args).toEqual([10, 0, 20, 20]);
		pane.zoomCentre(2);
		pane.pan(3, -1);
		draw(2);
		expect(pen.of("drawImage")[1]?.args).toEqual([3, -11, 40, 40]);
	});

	it("is computed again only when frame, window or inversion changed", () => {
		const { draw, framePen, pane } = aDesk(aForm(WINDOWED), [ramp(0), ramp(7)]);
		const painted = (): number => {
			draw();
			return framePen.of("putImageData").length;
		};
		expect(painted()).toBe(1);
		pane.pan(1, 1);
		pane.zoomCentre(3);
		expect(painted()).toBe(1);
		pane.scroll(1);
		expect(painted()).toBe(2);
		pane.toggleInvert();
		expect(painted()).toBe(3);
		pane.setVoi({ center: 1, width: 2, function: "LINEAR", table: null });
		expect(painted()).toBe(4);
	});

	it("of a frame that is not here is black, never another frame", () => {
		const { draw, pen, pane } = aDesk(aForm(WINDOWED), [ramp(0), undefined as unknown as Samples]);
		draw();
		pane.scroll(1);
		expect(draw()).toBe(false);
		expect(pen.of("drawImage")).toHaveLength(1);
		expect(pen.of("clearRect")).toHaveLength(2);
	});

	it("is nothing without a series or a form", () => {
		const { draw, pane, pen } = aDesk(aForm(WINDOWED), [ramp(0)]);
		pane.show(aSeries(1, { uid: "formless", modality: "OT" }, null));
		expect(draw()).toBe(false);
		expect(pen.of("drawImage")).toEqual([]);
	});
});
