import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const CSS = readFileSync(new URL("../../../static/src/ui/tokens.css", import.meta.url), "utf8");

/** The colours that a rule of the tokens gives. */
function tokensOf(selector: string): Map<string, string> {
	const begin = CSS.indexOf(`${selector} {`);
	const rule = CSS.slice(begin, CSS.indexOf("\n}", begin));
	return new Map(
		[...rule.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map((one) => [one[1] ?? "", one[2] ?? ""]),
	);
}

const DESK = tokensOf(":root");
const READING = new Map([...DESK, ...tokensOf('[data-theme="reading"]')]);

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
	const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
		const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
		return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio (WCAG 2.2, 1.4.3). */
function contrast(one: string, other: string): number {
	const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
	return (light + 0.05) / (dark + 0.05);
}

function ratio(theme: ReadonlyMap<string, string>, text: string, ground: string): number {
	const [one, other] = [theme.get(text), theme.get(ground)];
	if (!one || !other) throw new Error(`no token ${text} or ${ground}`);
	return contrast(one, other);
}

it("computes the ratios that WCAG gives", () => {
	expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
	expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});

const TEXTS = ["ink", "ink-2", "ink-3", "accent", "red", "orange", "amber", "green", "blue", "violet"];
const GROUNDS = ["canvas", "surface", "selected"];

describe.each([
	["desk", DESK],
	["reading", READING],
])("contrast in the %s theme", (_, theme) => {
	const pairs = TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground] as const));
	it.each(pairs)("%s on %s can be read", (text, ground) => {
		expect(ratio(theme, text, ground)).toBeGreaterThanOrEqual(4.5);
	});

	it.each(["red", "orange", "amber", "green", "blue", "violet"])(
		"%s on its weak ground can be read",
		(name) => {
			expect(ratio(theme, name, `${name}-weak`)).toBeGreaterThanOrEqual(4.5);
		},
	);

	it.each(["accent-solid", "red-solid", "orange-solid"])("white on %s can be read", (ground) => {
		expect(ratio(theme, "on-solid", ground)).toBeGreaterThanOrEqual(4.5);
	});

	it.each(GROUNDS)("the edge of a control stands out from %s", (ground) => {
		expect(ratio(theme, "line-strong", ground)).toBeGreaterThanOrEqual(3);
	});

	it("the rail's words can be read", () => {
		expect(ratio(theme, "rail-text", "rail")).toBeGreaterThanOrEqual(8);
		expect(ratio(theme, "rail-ink", "rail-active")).toBeGreaterThanOrEqual(4.5);
	});
});
