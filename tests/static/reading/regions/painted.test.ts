// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { paint } from "../../../../static/src/reading/tools/overlay.ts";
import type { Item } from "../../../../static/src/reading/tools/scene.ts";
import { type Area, NOTHING } from "../../../../static/src/reading/tools/shapes.ts";

const AREA: Area = {
	outline: "M0 0H2V2Z",
	matrix: [1, 0.125, 0, 1, 30.0625, -4],
	colour: "#ff0000",
	fill: 0.35,
	edged: true,
};

/** The colour as a style says it back. */
const SAID = "rgb(255, 0, 0)";

function painted(...areas: Area[]): SVGPathElement[] {
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	const item: Item = { id: "9.7", tone: "object", shape: { ...NOTHING, areas }, lines: [], held: false };
	paint(svg, { items: [item], source: null });
	return [...svg.querySelectorAll("path")];
}

describe("an area", () => {
	it("is one path in its own points, laid by its matrix without rounding", () => {
		const [path, ...others] = painted(AREA);
		expect(others).toEqual([]);
		expect(path?.getAttribute("d")).toBe(AREA.outline);
		expect(path?.getAttribute("transform")).toBe(`matrix(${AREA.matrix.join(" ")})`);
		expect(path?.getAttribute("fill-rule")).toBe("evenodd");
		expect(path?.getAttribute("vector-effect")).toBe("non-scaling-stroke");
	});

	it("has its own colour, within and at its edge", () => {
		const [path] = painted(AREA);
		expect([path?.style.fillOpacity, path?.style.fill, path?.style.stroke]).toEqual([
			"0.35",
			SAID,
			SAID,
		]);
	});

	it("of lines alone is not filled; of a lower level has no edge", () => {
		const [lines, level] = painted({ ...AREA, fill: 0 }, { ...AREA, edged: false });
		expect([lines?.style.fill, lines?.style.stroke]).toEqual(["none", SAID]);
		expect([level?.style.fill, level?.style.stroke]).toEqual([SAID, "none"]);
	});
});
