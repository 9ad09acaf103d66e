import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Texts } from "../../../static/src/kit/i18n.ts";

const SOURCE = fileURLToPath(new URL("../../../static/src", import.meta.url));

function files(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
		entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)],
	);
}

const dictionaryFiles = files(SOURCE).filter((file) => file.endsWith("/texts.ts"));

async function dictionaries(): Promise<[string, Texts<string>][]> {
	const found: [string, Texts<string>][] = [];
	for (const file of dictionaryFiles) {
		const module = (await import(file)) as Record<string, unknown>;
		for (const [name, value] of Object.entries(module)) {
			if (typeof value === "object" && value !== null && "zh" in value && "en" in value) {
				found.push([`${file.slice(SOURCE.length)} ${name}`, value as Texts<string>]);
			}
		}
	}
	return found;
}

const places = (text: string): string[] =>
	[...text.matchAll(/\{(\w+)(?:, plural[^}]*\}[^}]*\})?/g)].map((match) => match[1] ?? "").sort();

describe("every dictionary", async () => {
	const all = await dictionaries();

	it("is found", () => {
		expect(all.length).toBeGreaterThan(8);
	});

	it.each(all)("%s has the same keys in both languages", (_name, texts) => {
		expect(Object.keys(texts.en).sort()).toEqual(Object.keys(texts.zh).sort());
	});

	it.each(all)("%s leaves no text empty", (_name, texts) => {
		for (const one of [texts.zh, texts.en]) {
			expect(Object.entries(one).filter(([, text]) => text.trim() === "")).toEqual([]);
		}
	});

	it.each(all)("%s asks for the same parameters in both languages", (_name, texts) => {
		for (const key of Object.keys(texts.zh)) {
			expect([key, [...new Set(places(texts.en[key] ?? ""))]]).toEqual([
				key,
				[...new Set(places(texts.zh[key] ?? ""))],
			]);
		}
	});

	it.each(all)("%s keeps to the tone: no exclamation mark, no 操作成功, no 亲", (_name, texts) => {
		for (const text of [...Object.values(texts.zh), ...Object.values(texts.en)]) {
			expect(text).not.toMatch(/[!！]|操作成功|亲爱|^亲/);
		}
	});
});

describe("Chinese text", () => {
	it("stands only in dictionaries, not in views", () => {
		const views = files(SOURCE).filter(
			(file) =>
				file.endsWith(".svelte") && /\/(ui|consults\/worklist|consults\/board|admin|pages)\//.test(file),
		);
		const withChinese = views.filter((file) => {
			const code = readFileSync(file, "utf8").replace(/<!--[\s\S]*?-->|\/\*\*[\s\S]*?\*\/|\/\/.*$/gm, "");
			return /\p{Script=Han}/u.test(code);
		});
		expect(withChinese).toEqual([]);
	});
});
