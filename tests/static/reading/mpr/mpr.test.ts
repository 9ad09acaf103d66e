import { describe, expect, it } from "vitest";
import { PLANES, toScreen } from "../../../../static/src/reading/mpr/plane.ts";
import { indexOf } from "../../../../static/src/reading/mpr/volume.ts";
import { dot } from "../../../../static/src/reading/space.ts";
import { figures } from "../studies.ts";
import { anMpr, VOI } from "./phantoms.ts";

describe("a reconstruction", () => {
	it("begins at the cross, all planes at home, the acquired one first", () => {
		const mpr = anMpr({}, [3, 4, 500]);
		expect(mpr.state.value.cross[2]).toBeCloseTo(19);
		expect(mpr.order).toEqual(["axial", "coronal", "sagittal"]);
		expect(mpr.shown).toEqual(mpr.order);
		expect(mpr.state.value.slab.thicknessMm).toBe(0);
		expect(mpr.chosenVoi).toBeNull();
	});

	it("goes through the volume sample by sample and stops at its faces", () => {
		const mpr = anMpr();
		mpr.scroll("axial", 3);
		expect(mpr.state.value.cross[2]).toBeCloseTo(6);
		mpr.scroll("coronal", -2);
		expect(mpr.state.value.cross[1]).toBeCloseTo(-2.2);
		mpr.scroll("sagittal", 1);
		expect(mpr.state.value.cross[0]).toBeCloseTo(0.8);
		mpr.scroll("axial", 1000);
		expect(mpr.state.value.cross[2]).toBeCloseTo(6);
		mpr.toEnd("axial", true);
		expect(mpr.state.value.cross[2]).toBeCloseTo(19);
		mpr.toEnd("axial", false);
		expect(mpr.state.value.cross[2]).toBeCloseTo(-19);
		expect(mpr.frame).toBe(0);
	});

	it("turns the two others about the normal of one, about the cross, at right angles all the time", () => {
		const mpr = anMpr({}, [4, -3, 2]);
		const seen = PLANES.map((name) => toScreen(mpr.framing(name), mpr.state.value.cross));
		const random = figures(9);
		const before = mpr.state.value.planes.axial;
		mpr.rotate("axial", 0.4);
		expect(mpr.state.value.planes.axial).toBe(before);
		for (let turn = 0; turn < 40; turn++) mpr.rotate(PLANES[turn % 3] ?? "axial", random() - 0.5);
		const { axial, coronal, sagittal } = mpr.state.value.planes;
		expect(dot(axial.normal, coronal.normal)).toBeCloseTo(0, 10);
		expect(dot(axial.normal, sagittal.normal)).toBeCloseTo(0, 10);
		expect(dot(coronal.normal, sagittal.normal)).toBeCloseTo(0, 10);
		for (const [i, name] of PLANES.entries()) {
			const now = toScreen(mpr.framing(name), mpr.state.value.cross);
			expect(now.x).toBeCloseTo(seen[i]?.x ?? 0, 6);
			expect(now.y).toBeCloseTo(seen[i]?.y ?? 0, 6);
		}
		mpr.reset();
		expect(mpr.state.value.planes.axial.normal).toEqual([0, 0, 1]);
	});

	it("goes through an oblique plane along its own normal", () => {
		const mpr = anMpr();
		mpr.rotate("axial", Math.PI / 4);
		const { normal } = mpr.state.value.planes.coronal;
		mpr.scroll("coronal", 2);
		const { cross } = mpr.state.value;
		expect(Math.abs(dot(cross, normal))).toBeGreaterThan(1.5);
		expect(Math.hypot(...cross)).toBeCloseTo(Math.abs(dot(cross, normal)));
	});

	it("keeps the cross in the volume, wherever it is drawn", () => {
		const mpr = anMpr();
		mpr.moveTo([900, -900, 5]);
		const [column, row] = indexOf(mpr.volume, mpr.state.value.cross);
		expect([column, row]).toEqual([expect.closeTo(39), expect.closeTo(0)]);
		mpr.moveTo([0, 0, 0]);
		mpr.nudge("axial", 2, -1);
		expect(mpr.state.value.cross).toEqual([expect.closeTo(1.6), expect.closeTo(-1.1), expect.closeTo(0)]);
	});

	it("shows one plane or three, and steps between them", () => {
		const mpr = anMpr();
		mpr.activateNext(-1);
		expect(mpr.state.value.active).toBe("sagittal");
		mpr.toggleSingle();
		expect(mpr.shown).toEqual(["sagittal"]);
		mpr.activateNext(1);
		expect(mpr.shown).toEqual(["axial"]);
	});

	it("thickens along the list and back, and changes what a slab is", () => {
		const mpr = anMpr();
		mpr.thicker(-1);
		expect(mpr.state.value.slab.thicknessMm).toBe(0);
		mpr.thicker(1);
		mpr.thicker(1);
		expect(mpr.state.value.slab.thicknessMm).toBe(5);
		mpr.setSlab({ thicknessMm: 60 });
		mpr.thicker(1);
		expect(mpr.state.value.slab.thicknessMm).toBe(60);
		for (const mode of ["minip", "average", "mip"]) {
			mpr.nextMode();
			expect(mpr.state.value.slab.mode).toBe(mode);
		}
	});

	it("windows, inverts, zooms, moves and resets what is looked at", () => {
		const mpr = anMpr();
		mpr.changeWindow(5.4, -1000);
		expect(mpr.state.value.voi).toMatchObject({ center: 45, width: 1 });
		expect(mpr.chosenVoi).toMatchObject({ center: 45 });
		mpr.toggleInvert();
		mpr.zoomCentre("axial", 2);
		mpr.pan("axial", 10, 0);
		expect(mpr.framing("axial").perMm).toBeCloseTo(2 * mpr.framing("axial").perMm * 0.5);
		expect(mpr.state.value.views.axial.zoom).toBe(2);
		expect(mpr.state.value.views.coronal.zoom).toBe(1);
		mpr.fit("axial");
		expect(mpr.state.value.views.axial.zoom).toBe(1);
		mpr.reset();
		expect(mpr.state.value).toMatchObject({ voi: VOI, invert: false, slab: { thicknessMm: 0 } });
	});
});
