// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import { nextRegion } from "../../../static/src/reading/focus.ts";

beforeEach(() => {
	document.body.innerHTML = `<div id="w">
		<nav data-region><button tabindex="-1">x</button><button id="series">1</button></nav>
		<section data-region><p>nothing to focus</p></section>
		<main data-region><canvas id="image" tabindex="0"></canvas></main>
		<aside data-region><textarea id="report"></textarea></aside>
	</div>`;
});

const next = (from: string | null): string | undefined => {
	if (from !== null) document.getElementById(from)?.focus();
	return nextRegion(document.getElementById("w") as HTMLElement)?.id;
};

describe("F6", () => {
	it("goes from region to region and round again", () => {
		expect(["series", "image", "report"].map(next)).toEqual(["image", "report", "series"]);
	});

	it("begins at the first region", () => {
		expect(next(null)).toBe("series");
	});

	it("stays where there is nothing to go to", () => {
		document.body.innerHTML = `<div id="w"><main data-region></main></div>`;
		expect(next(null)).toBeUndefined();
	});
});
