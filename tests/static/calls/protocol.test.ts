import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
// The compiler stands with the client's other packages.
import ts from "../../../static/node_modules/typescript/lib/typescript.js";
import { CLOSE, readMessage, VERSION } from "../../../static/src/calls/protocol.ts";

interface Schema {
	properties?: Record<string, Schema>;
	discriminator?: { mapping: Record<string, string> };
	$defs?: Record<string, Schema>;
	enum?: string[];
	const?: unknown;
	anyOf?: Schema[];
	type?: string;
	items?: Schema;
	$ref?: string;
}

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const wire = JSON.parse(read("../../../signaling/protocol.schema.json")) as {
	version: number;
	close_codes: Record<string, number>;
	browser_to_server: Schema;
	server_to_browser: Schema;
};
const source = ts.createSourceFile(
	"protocol.ts",
	read("../../../static/src/calls/protocol.ts"),
	ts.ScriptTarget.Latest,
	true,
);

/** Interface → field → the type as written, and type alias → its written form. */
function written(): { interfaces: Map<string, Map<string, string>>; aliases: Map<string, string> } {
	const interfaces = new Map<string, Map<string, string>>();
	const aliases = new Map<string, string>();
	source.forEachChild((node) => {
		if (ts.isTypeAliasDeclaration(node)) aliases.set(node.name.text, node.type.getText(source));
		if (!ts.isInterfaceDeclaration(node)) return;
		const fields = new Map<string, string>();
		for (const member of node.members) {
			if (!ts.isPropertySignature(member) || member.type === undefined) continue;
			const name = ts.isStringLiteral(member.name) ? member.name.text : member.name.getText(source);
			fields.set(name, member.type.getText(source));
		}
		interfaces.set(node.name.text, fields);
	});
	return { interfaces, aliases };
}

const { interfaces, aliases } = written();
const refName = (ref: string): string => ref.slice(ref.lastIndexOf("/") + 1);
const words = (text: string): string[] =>
	text
		.split("|")
		.map((one) => one.trim().replaceAll('"', ""))
		.filter((one) => one !== "")
		.sort();

/** A schema's type in the words of TypeScript, sorted. */
function spoken(schema: Schema): string[] {
	if (schema.anyOf) return schema.anyOf.flatMap(spoken).sort();
	if (schema.$ref) return [refName(schema.$ref)];
	if (schema.enum) return [...schema.enum].sort();
	if (schema.const !== undefined) return [String(schema.const)];
	if (schema.type === "array") return [`${spoken(schema.items ?? {}).join("|")}[]`];
	if (schema.type === "integer" || schema.type === "number") return ["number"];
	return [schema.type ?? "unknown"];
}

/** The words of a written type; a name that only the browser has stands for its own words. */
const choices = (text: string): string[] =>
	words(text)
		.flatMap((word) => (aliases.has(word) && !(word in defs) ? words(aliases.get(word) ?? "") : [word]))
		.sort();

const defs: Record<string, Schema> = { ...wire.browser_to_server.$defs, ...wire.server_to_browser.$defs };
const messages = new Set(
	[wire.browser_to_server, wire.server_to_browser].flatMap((side) =>
		Object.values(side.discriminator?.mapping ?? {}).map(refName),
	),
);
const parts = Object.keys(defs).filter((name) => !messages.has(name) && name !== "Nothing");

describe("the browser's protocol types", () => {
	it.each(parts.filter((name) => defs[name]?.properties))("%s has the server's fields and types", (name) => {
		const fields = interfaces.get(name);
		expect(fields, `interface ${name} is missing`).toBeDefined();
		const properties = defs[name]?.properties ?? {};
		expect([...(fields?.keys() ?? [])].sort()).toEqual(Object.keys(properties).sort());
		for (const [field, schema] of Object.entries(properties)) {
			expect(choices(fields?.get(field) ?? ""), `${name}.${field}`).toEqual(spoken(schema));
		}
	});

	it.each(parts.filter((name) => defs[name]?.enum))("%s has the server's choices", (name) => {
		expect(words(aliases.get(name) ?? "")).toEqual([...(defs[name]?.enum ?? [])].sort());
	});

	it.each([
		["Requests", wire.browser_to_server],
		["Events", wire.server_to_browser],
	] as const)("%s names every message with its content", (map, side) => {
		const fields = interfaces.get(map);
		const mapping = side.discriminator?.mapping ?? {};
		expect([...(fields?.keys() ?? [])].sort()).toEqual(Object.keys(mapping).sort());
		for (const [t, ref] of Object.entries(mapping)) {
			const content = defs[refName(ref)]?.properties?.["d"];
			expect(fields?.get(t), t).toBe(refName(content?.$ref ?? ""));
		}
	});

	it("has the same version and close codes", () => {
		expect(VERSION).toBe(wire.version);
		expect(CLOSE).toEqual(wire.close_codes);
	});
});

describe("reading a frame", () => {
	it("takes a message", () => {
		expect(readMessage('{"v":1,"t":"pong","re":null,"seq":null,"d":{"n":3}}')?.t).toBe("pong");
	});

	it.each(["", "x", "null", "[]", '{"v":2,"t":"pong","d":{}}', '{"v":1,"t":"pong"}', '{"v":1,"t":5,"d":{}}'])(
		"takes nothing from %s",
		(text) => expect(readMessage(text)).toBeNull(),
	);
});
