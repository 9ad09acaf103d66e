import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { describe, expect, it } from "vitest";

const DIST = fileURLToPath(new URL("../../../static/dist/", import.meta.url));
const FIRST_BYTES_MAX = 120_000;
/** As the server compresses them. */
const QUALITY = 9;

const assets = readdirSync(`${DIST}assets`);

/** A script and all that it imports before it runs. */
function withImports(name: string, found = new Set<string>()): Set<string> {
	if (found.has(name)) return found;
	found.add(name);
	const text = readFileSync(`${DIST}assets/${name}`, "utf8");
	for (const [, imported] of text.matchAll(/(?:from|^import)\s*"\.\/([^"]+\.js)"/gm))
		if (imported !== undefined) withImports(imported, found);
	return found;
}

function sentBytes(name: string): number {
	const params = { [constants.BROTLI_PARAM_QUALITY]: QUALITY };
	return brotliCompressSync(readFileSync(`${DIST}assets/${name}`), { params }).length;
}

function entryOf(page: string): string {
	const found = /<script type="module"[^>]*src="\/assets\/([^"]+)"/.exec(readFileSync(DIST + page, "utf8"));
	return found?.[1] ?? "";
}

describe("what comes over the line before the first image", () => {
	const scripts = withImports(entryOf("read.html"));
	const decoder = assets.filter((name) => /^worker-.*\.js$|\.wasm$/.test(name));

	it("is the first picture's own code and the decoder", () => {
		expect([...scripts].map((name) => name.split("-")[0]).sort()).toEqual(["base", "read"]);
		expect(decoder).toHaveLength(2);
	});

	it("is small", () => {
		const bytes = [...scripts, ...decoder].reduce((sum, name) => sum + sentBytes(name), 0);
		expect(bytes).toBeLessThanOrEqual(FIRST_BYTES_MAX);
	});
});
