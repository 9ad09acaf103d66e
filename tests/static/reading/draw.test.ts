import { describe, expect, it } from "vitest";
import { Store } from "../../../static/src/kit/store.ts";
import { PaneCanvas } from "../../../static/src/reading/draw.ts";
import type { ImageForm, Series } from "../../../static/src/reading/manifest.ts";
import { added, EMPTY_LEDGER, type Ledger } from "../../../static/src/reading/measurements.ts";
import { Pane } from "../../../static/src/reading/pane.ts";
import type { Samples } from "../../../static/src/reading/samples.ts";
import type { Station } from "../../../static/src/reading/station.ts";
import { shade } from "../../../static/src/reading/voi.ts";
import { aCanvas } from "./canvases.ts";
import { aForm, aSeries } from "./studies.ts";

const INK = { own: "yellow", halo: "black", font: "12px x" };
const WINDOWED = { windows: [{ center: 500, width: 1000, explanation: "" }] };

function aDesk(form: ImageForm, samples: readonly Samples[], changes: Partial<Series> = {}) {
	const series = aSeries(samples.length, { modality: "OT", ...changes }, form);
	const ledger = new Store<Ledger>(EMPTY_LEDGER);
	const station = { ledger, samples: (_: Series, index: number) => samples[index] } as unknown as Station;
	const pane = new Pane();
	pane.size = { width: 40, height: 20 };
	pane.show(series);
	const { canvas, pens } = aCanvas();
	const picture = new PaneCanvas(canvas);
	const [pen, framePen] = pens;
	if (pen === undefined || framePen === undefined) throw new Error("no pens");
	const draw = (ratio = 1, draft: Parameters<PaneCanvas["draw"]>[2] = null): boolean =>
		picture.draw(station, pane, draft, INK, ratio);
	return { draw, pane, canvas, pen, framePen, ledger, series };
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

describe("lengths on the picture", () => {
	const measured = () => {
		const desk = aDesk(aForm(WINDOWED), [ramp(0), ramp(7)]);
		const frame = desk.pane.frame;
		if (frame === null) throw new Error("no frame");
		const base = { seriesUid: desk.series.uid, sopInstanceUid: frame.sopInstanceUid, frameNumber: 1 };
		const distance = { value: 1.25, unit: "mm", atDetector: false } as const;
		desk.ledger.set(added(EMPTY_LEDGER, { ...base, from: { x: 0, y: 2 }, to: { x: 4, y: 2 }, distance }));
		return desk;
	};

	it("are drawn from point to point with their figure beside the right end", () => {
		const { draw, pen } = measured();
		draw();
		const lines = pen.of("moveTo").concat(pen.of("lineTo"));
		expect(lines.map(({ args }) => args)).toEqual(
			expect.arrayContaining([
				[10, 10],
				[30, 10],
			]),
		);
		expect(pen.of("fillText").map(({ args }) => args)).toEqual([["① 1.3 mm", 38, 10]]);
	});

	it("have a dark halo under the bright line, so that they are seen on any ground", () => {
		const { draw, pen } = measured();
		draw();
		expect(pen.of("stroke").map(({ ink }) => ink)).toEqual(["black", "yellow"]);
		const names = pen.calls.map(({ name }) => name);
		expect(names.indexOf("strokeText")).toBeLessThan(names.indexOf("fillText"));
	});

	it("stay with their own frame", () => {
		const { draw, pen, pane } = measured();
		pane.scroll(1);
		draw();
		expect(pen.of("fillText")).toEqual([]);
	});

	it("being drawn show their length at once", () => {
		const { draw, pen } = aDesk(aForm(WINDOWED), [ramp(0)]);
		draw(1, { from: { x: 0, y: 0 }, to: { x: 3, y: 4 } });
		expect(pen.of("fillText").map(({ args }) => args[0])).toEqual(["2.5 mm"]);
	});
});
